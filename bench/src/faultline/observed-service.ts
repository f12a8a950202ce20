import { ForwardingLog, type LanePort, type LogPort, type WorkPort } from '@faultline/hosting';
import { LabTracer, PathMetrics, PortMetrics } from '@faultline/runtime';
import type { Observed } from './observed';

/**
 * Loaded into a service before its own code (`node --require`). From then on it counts and traces only while the benchmark says so: what a
 * process costs with observation and without is compared within the process, since two processes of the same code differ by more.
 */

const now: Observed = { metrics: false, traces: false };

type Method = (this: unknown, ...parts: unknown[]) => unknown;
type Methods = Record<string, Method>;

/** Names of an object's own methods, and of those of its class. */
function methodsOf(object: object): string[] {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(object));
  return names.filter((name) => name !== 'constructor' && typeof (object as Methods)[name] === 'function');
}

/** The same tracer, which sees nothing while nobody traces. How its unit begins it sees always. */
function gated<Tracer extends object>(tracer: Tracer): Tracer {
  const gate: Methods = {};
  for (const name of methodsOf(tracer)) {
    const method = ((tracer as unknown as Methods)[name] as Method).bind(tracer);
    gate[name] = (...parts) => (now.traces || name === 'begins' ? method(...parts) : undefined);
  }
  return gate as Tracer;
}

function gateTracers(): void {
  const methods = LabTracer.prototype as unknown as Methods;
  for (const name of ['segment', 'iommu', 'shard', 'worker']) {
    const original = methods[name] as Method;
    methods[name] = function (...parts) {
      return gated(original.apply(this, parts) as object);
    };
  }
  for (const name of ['receives', 'reads']) {
    const original = methods[name] as Method;
    methods[name] = function (...parts) {
      return now.traces ? original.apply(this, parts) : undefined;
    };
  }
}

function gatePathMetrics(): void {
  const methods = PathMetrics.prototype as unknown as Methods;
  for (const name of ['released', 'handled', 'admits']) {
    const original = methods[name] as Method;
    methods[name] = function (...parts) {
      return now.metrics ? original.apply(this, parts) : undefined;
    };
  }
}

class EitherLog extends ForwardingLog {
  constructor(
    plain: LogPort,
    private readonly counted: LogPort,
  ) {
    super(plain);
  }

  override append(message: Parameters<LogPort['append']>[0]): ReturnType<LogPort['append']> {
    return (now.metrics ? this.counted : this.log).append(message);
  }
}

const eitherLanes = (plain: LanePort, counted: LanePort): LanePort => ({
  request: (...call) => (now.metrics ? counted : plain).request(...call),
  serve: (...how) => plain.serve(...how),
});

/** Deliveries are counted where they come in: each goes to the worker by the counter, or past it. */
const eitherWork = (plain: WorkPort, count: (port: WorkPort) => WorkPort): WorkPort => ({
  work: (options) =>
    count({
      work: (counted) =>
        plain.work({
          ...counted,
          onWork: (message) => (now.metrics ? counted : options).onWork(message),
        }),
    }).work(options),
});

function gatePortMetrics(): void {
  const { around } = PortMetrics.prototype;
  PortMetrics.prototype.around = function (ports) {
    const counted = around.call(this, ports) as typeof ports;
    const count = (work: WorkPort): WorkPort => around.call(this, { ...ports, work }).work;
    return {
      ...counted,
      log: new EitherLog(ports.log, counted.log),
      lanes: eitherLanes(ports.lanes, counted.lanes),
      work: eitherWork(ports.work, count),
    };
  };
}

gateTracers();
gatePathMetrics();
gatePortMetrics();
process.on('message', (observed: Observed) => {
  Object.assign(now, observed);
  process.send?.(observed);
});
