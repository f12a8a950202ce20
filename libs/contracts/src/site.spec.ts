import { decodeSiteClaim, encodeSiteClaim, type SiteClaim } from './site';

const claim: SiteClaim = {
  run: '20260102-030405-abcd',
  lab: 'run-20260102-030405-abcd',
  holder: 'somebody',
  since: '2026-01-02T03:04:05.000Z',
  beat: 3,
};

describe('the claim of a site', () => {
  test('is read as it was written', () => {
    expect(decodeSiteClaim(encodeSiteClaim(claim))).toEqual(claim);
    expect(decodeSiteClaim(encodeSiteClaim({ ...claim, lab: null }))?.lab).toBeNull();
  });

  test.each([
    ['no JSON', 'serving'],
    ['another shape', '{"lab":"x"}'],
    ['a laboratory that no subject can name', JSON.stringify({ ...claim, lab: 'a.b' })],
    ['a run that leaves its folder', JSON.stringify({ ...claim, run: '../other' })],
  ])('%s is no claim', (_what, text) => {
    expect(decodeSiteClaim(new TextEncoder().encode(text))).toBeUndefined();
  });
});
