import { studentFactor, studentQuantile } from './student';

describe("Student's t", () => {
  test.each([
    [0.975, 1, 12.7062047364],
    [0.975, 2, 4.3026527297],
    [0.975, 4, 2.7764451052],
    [0.975, 10, 2.228138852],
    [0.995, 30, 2.7499956536],
    [0.95, 100, 1.6602343261],
    [0.975, Infinity, 1.9599639845],
    [0.995, Infinity, 2.5758293035],
  ])('has the %d quantile of %d degrees of freedom as tables do', (probability, degrees, expected) => {
    expect(studentQuantile(probability, degrees)).toBeCloseTo(expected, 8);
  });

  it('is symmetric around 0', () => {
    expect(studentQuantile(0.5, 3)).toBeCloseTo(0, 10);
    expect(studentQuantile(0.1, 3)).toBeCloseTo(-studentQuantile(0.9, 3), 10);
  });

  it('comes to the normal distribution with many degrees of freedom', () => {
    expect(studentFactor(0.95, 1e7)).toBeCloseTo(studentFactor(0.95, Infinity), 5);
  });
});
