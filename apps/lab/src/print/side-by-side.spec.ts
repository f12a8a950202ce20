import { sideBySide } from './side-by-side';

const print = (expected: unknown, got: unknown, width = 60): string[] =>
  sideBySide({ heading: 'expected', value: expected }, { heading: 'got', value: got }, width);

describe('two values side by side', () => {
  it('are compared line by line, and what differs is marked', () => {
    const hw = { dev: 'd0', fault: 3, pasid: 7, grpid: 1, code: 0, ret: 0 };
    expect(print({ ret: 0, hw: [hw] }, { ret: 0, hw: [{ ...hw, code: 1 }] })).toEqual([
      'expected            got',
      '{                   {',
      '  ret: 0              ret: 0',
      '  hw: [               hw: [',
      '    {                   {',
      '      dev: "d0"           dev: "d0"',
      '      fault: 3            fault: 3',
      '      pasid: 7            pasid: 7',
      '      grpid: 1            grpid: 1',
      '      code: 0    !        code: 1',
      '      ret: 0              ret: 0',
      '    }                   }',
      '  ]                   ]',
      '}                   }',
    ]);
  });

  it('stand field beside field, whatever the order, with room for what one side lacks', () => {
    const record = { deviceId: 16, pasid: null, prgIndex: 496, code: 0 };
    expect(print({ responses: [record], disposition: 'answered' }, { disposition: 'discarded' })).toEqual([
      'expected                      got',
      '{                             {',
      '  responses: [             !',
      '    {                      !',
      '      deviceId: 16         !',
      '      pasid: null          !',
      '      prgIndex: 496        !',
      '      code: 0              !',
      '    }                      !',
      '  ]                        !',
      '  disposition: "answered"  !    disposition: "discarded"',
      '}                             }',
    ]);
  });

  it('show what is missing, and wide numbers', () => {
    expect(print(undefined, { address: 0x7fff_ffff_ffff_fffen }, 80)).toEqual([
      'expected     got',
      'nothing   !  {"address":"0x7ffffffffffffffe"}',
    ]);
  });

  it('fit into the width', () => {
    const lines = print({ message: 'x'.repeat(200) }, {}, 60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(lines.join('\n')).toContain('…');
  });
});
