// SPDX-License-Identifier: BSL-1.0
//
// The beginning of the page of an exchange log: its policy, which lets nothing out and nothing in,
// and how it looks, light, dark and printed.

#ifndef COAUTH_DETAIL_EXCHANGE_PAGE_HPP
#define COAUTH_DETAIL_EXCHANGE_PAGE_HPP

#include <string_view>

namespace coauth::detail {

inline constexpr std::string_view exchange_page_head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>coauth exchange log</title>
<style>
:root { --ground: #fff; --text: #1b1f24; --soft: #59636e; --rule: #d1d9e0; --box: #f6f8fa;
  --good: #1a7f37; --bad: #cf222e; --queue: #8c959f; --resolve: #bf8700; --connect: #bc4c00;
  --tls: #8250df; --send: #0969da; --wait: #1a7f37; --receive: #1b7c83; --all: #e3e7eb; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --text: #e6edf3; --soft: #9198a1;
  --rule: #3d444d; --box: #161b22; --good: #3fb950; --bad: #f85149; --queue: #9198a1;
  --resolve: #d29922; --connect: #f0883e; --tls: #ab7df8; --send: #4493f8; --wait: #3fb950;
  --receive: #39c5cf; --all: #2a313a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 110rem; padding: 1rem; background: var(--ground);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; color: var(--soft); margin: 0 0 .5rem; }
h4 { font-size: 1rem; overflow-wrap: anywhere; margin: 0; }
section { border-top: 1px solid var(--rule); margin-top: 1.5rem; }
a { color: var(--send); overflow-wrap: anywhere; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--send); outline-offset: 2px; }
.badge { border: 1px solid; border-radius: 1rem; padding: 0 .5rem; font-size: .9rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.line { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem;
  align-items: center; margin: 1rem 0; }
.line svg { display: block; width: 100%; height: 1rem; background: var(--box); }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: .9rem; }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; }
article { border: 1px solid var(--rule); border-radius: .4rem; padding: .75rem;
  margin-bottom: 1rem; }
article p { margin: .25rem 0; color: var(--soft); }
article p.bad { color: var(--bad); }
.phases { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0;
  margin: .5rem 0; }
.phases li { border-left: .6rem solid; padding-left: .4rem; }
summary { cursor: pointer; padding: .15rem 0; }
pre { background: var(--box); padding: .5rem; margin: .25rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: .85rem; }
rect.all { fill: var(--all); }
rect.queue { fill: var(--queue); } li.queue { border-color: var(--queue); }
rect.resolve { fill: var(--resolve); } li.resolve { border-color: var(--resolve); }
rect.connect { fill: var(--connect); } li.connect { border-color: var(--connect); }
rect.TLS { fill: var(--tls); } li.TLS { border-color: var(--tls); }
rect.send { fill: var(--send); } li.send { border-color: var(--send); }
rect.wait { fill: var(--wait); } li.wait { border-color: var(--wait); }
rect.receive { fill: var(--receive); } li.receive { border-color: var(--receive); }
footer { color: var(--soft); margin-top: 2rem; }
@media (max-width: 60rem) { .sides { grid-template-columns: minmax(0, 1fr); } }
@media print { nav { display: none; } article { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  svg, li { print-color-adjust: exact; } }
</style>
</head>
<body>
<main>
)";

}  // namespace coauth::detail

#endif
