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

/** No method that is gated takes more. To gather what a call brings costs as much as some of what is measured. */
type Gated = (this: unknown, one: unknown, other: unknown, third: unknown) => unknown;

/** The same tracer, which sees nothing while nobody traces. How its unit begins it sees always. */
function gated<Tracer extends object>(tracer: Tracer): Tracer {
  const gate: Record<string, Gated> = {};
  for (const name of methodsOf(tracer)) {
    const method = ((tracer as unknown as Methods)[name] as Gated).bind(tracer);
    gate[name] =
      name === 'begins'
        ? method
        : (one, other, third) => (now.traces ? method(one, other, third) : undefined);
  }
  return gate as Tracer;
}

/** The methods of a class do nothing while the benchmark does not say so. */
function gateMethods(
  methods: Record<string, Gated>,
  names: readonly string[],
  observed: keyof Observed,
): void {
  for (const name of names) {
    const original = methods[name] as Gated;
    methods[name] = function (one, other, third) {
      return now[observed] ? original.call(this, one, other, third) : undefined;
    };
  }
}

function gateTracers(): void {
  const methods = LabTracer.prototype as unknown as Methods;
  for (const name of ['segment', 'iommu', 'shard', 'worker']) {
    const original = methods[name] as Method;
    methods[name] = function (...parts) {
      return gated(original.apply(this, parts) as object);
    };
  }
  gateMethods(LabTracer.prototype as unknown as Record<string, Gated>, ['receives', 'reads'], 'traces');
}

function gatePathMetrics(): void {
  const names = ['released', 'handled', 'admits'];
  gateMethods(PathMetrics.prototype as unknown as Record<string, Gated>, names, 'metrics');
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
  request: (subject, body, timeoutMillis, context) =>
    (now.metrics ? counted : plain).request(subject, body, timeoutMillis, context),
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
