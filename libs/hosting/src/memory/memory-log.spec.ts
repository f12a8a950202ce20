import { describeAppendSurely } from '../testkit/append-surely.contract.testkit';
import { TestClock } from '../testkit/eventually.testkit';
import { describeLogPort, type LogHarness } from '../testkit/log-port.contract.testkit';
import { memoryPorts } from './memory-ports';

async function makeLog(options: { maxBytes?: number }): Promise<LogHarness> {
  const lab = 'memory';
  const { log } = memoryPorts({ lab, clock: new TestClock(), logMaxBytes: options.maxBytes });
  return { log, lab, close: () => Promise.resolve() };
}

describeLogPort('memory', makeLog);
describeAppendSurely('memory', makeLog);
