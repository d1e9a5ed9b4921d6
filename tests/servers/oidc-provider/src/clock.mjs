// The time of day for everything in this process that asks `Date`. It runs with the machine's until
// it is moved on; from then on it stands still between two moves, so that a test whose own clock
// stands still as well sees the same of both on every machine. Timers do not follow it.

const machine = Date;
let stopped; // milliseconds

const now = () => stopped ?? machine.now();

globalThis.Date = new Proxy(machine, {
  construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

export function advance(milliseconds) {
  stopped = now() + milliseconds;
  return { now: stopped };
}

export function run() {
  stopped = undefined;
}
