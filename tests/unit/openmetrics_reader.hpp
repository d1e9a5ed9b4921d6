// SPDX-License-Identifier: BSL-1.0
//
// Reads OpenMetrics text and holds it against the format's rules. For tests only.

#ifndef COAUTH_TESTS_UNIT_OPENMETRICS_READER_HPP
#define COAUTH_TESTS_UNIT_OPENMETRICS_READER_HPP

#include <cstddef>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace coauth_test {

class openmetrics_reader {
public:
    explicit openmetrics_reader(std::string const& text) {
        if (!text.ends_with("\n# EOF\n")) problems.push_back("no EOF at the end");
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("# "))
                read_description(line);
            else
                read_sample(line);
        }
        for (auto const& [series, buckets] : buckets_) check_buckets(series, buckets);
    }

    /// "name{labels}" to its value.
    std::map<std::string, double> samples;
    std::vector<std::string> problems;

private:
    void read_description(std::string const& line) {
        static std::regex const form(R"(# (TYPE|UNIT|HELP) ([a-z_]+) (.*)|# EOF)");
        std::smatch match;
        if (!std::regex_match(line, match, form)) return problems.push_back(line);
        if (!match[1].matched) return;
        std::string const name = match[2];
        if (match[1] == "TYPE") {
            if (!families_.insert(name).second) problems.push_back("twice: " + name);
            family_ = name;
            type_ = match[3];
        } else if (name != family_) {
            problems.push_back("in another family: " + line);
        }
        if (match[1] == "UNIT" && !name.ends_with("_" + match[3].str())) problems.push_back(line);
        if (match[1] == "TYPE" && name.ends_with("_total")) problems.push_back(line);
    }

    void read_sample(std::string const& line) {
        static std::string const label = R"re(([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)")re";
        static std::regex const form("([a-z_]+)(\\{" + label + "(?:," + label +
                                     ")*\\})? (-?[0-9]+(?:\\.[0-9]+)?)");
        std::smatch match;
        if (!std::regex_match(line, match, form)) return problems.push_back(line);
        std::string const name = match[1];
        std::set<std::string> const suffixes =
            type_ == "counter"     ? std::set<std::string>{"_total"}
            : type_ == "histogram" ? std::set<std::string>{"_bucket", "_count", "_sum"}
                                   : std::set<std::string>{""};
        if (!name.starts_with(family_) || !suffixes.contains(name.substr(family_.size()))) {
            problems.push_back("not of its family: " + line);
        }
        double const value = std::stod(line.substr(line.rfind(' ')));
        std::string const key = line.substr(0, line.rfind(' '));
        if (!samples.emplace(key, value).second) problems.push_back("twice: " + line);
        static std::regex const bound(R"re(,?le="([^"]*)")re");
        if (!name.ends_with("_bucket")) return;
        std::string labels = match[2];
        std::smatch le;
        if (!std::regex_search(labels, le, bound)) return problems.push_back("no le: " + line);
        std::string const at = le[1];
        labels = std::regex_replace(labels, bound, "");
        buckets_[family_ + "_count" + (labels == "{}" ? "" : labels)].push_back(
            {at == "+Inf" ? 1e300 : std::stod(at), value});
    }

    struct bucket {
        double bound;
        double count;
    };
    void check_buckets(std::string const& series, std::vector<bucket> const& buckets) {
        for (std::size_t i = 1; i < buckets.size(); ++i) {
            if (buckets[i].bound <= buckets[i - 1].bound || buckets[i].count < buckets[i - 1].count)
                problems.push_back("order of buckets: " + series);
        }
        if (buckets.back().bound != 1e300) problems.push_back("no +Inf: " + series);
        if (!samples.contains(series) || samples[series] != buckets.back().count) {
            problems.push_back("count of " + series);
        }
    }

    std::set<std::string> families_;
    std::string family_;
    std::string type_;
    std::map<std::string, std::vector<bucket>> buckets_;
};

}  // namespace coauth_test

#endif
