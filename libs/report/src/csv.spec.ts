import { reportCsv } from './csv';
import { faultRow, reportOf, scenarioOf } from './report.testkit';

describe('the numbers of a report as CSV', () => {
  const scenario = scenarioOf(1);
  scenario.devices.forEach((device) => (device.name = '=cmd("a, b")'));
  const lines = reportCsv(reportOf([faultRow(1, 0, [10, 20, 30, 40, 50, 60])], scenario)).split('\r\n');

  it('are one a line: figure or table, row, column, unit, value', () => {
    expect(lines[0]).toBe('of,row,column,unit,value');
    expect(lines).toContain('throughput,0.0005,sent,1/s,1000');
    expect(lines).toContain('breakdown,mean of all faults,queue wait,µs,30');
    expect(lines).toContain('latency,end to end,faults,,1');
    expect(lines).toContain('totals,accesses,count,,12');
  });

  it('are text to a spreadsheet, whatever a device is called', () => {
    expect(lines).toContain(`devices,"'=cmd(""a, b"")",faults,,1`);
  });
});
