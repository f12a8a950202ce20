/** Coefficients of Lanczos' approximation of the gamma function (g = 7, n = 9), exact to about 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const SMALLEST = 1e-300;

/**
 * The value that a variable with Student's t distribution does not exceed with a probability (Student 1908). Infinitely many
 * degrees of freedom give the normal distribution. Found by bisection, exact to about ten digits.
 *
 * @param probability between 0 and 1
 * @param degreesOfFreedom above 0, fractions allowed
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (probability < 0.5) return -studentQuantile(1 - probability, degreesOfFreedom);
  let [low, high] = [0, 1];
  while (high < 1e12 && studentUpTo(high, degreesOfFreedom) < probability) [low, high] = [high, high * 2];
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentUpTo(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Half the width of a two-sided interval, in standard errors. */
export function studentFactor(level: number, degreesOfFreedom: number): number {
  return studentQuantile((1 + level) / 2, degreesOfFreedom);
}

/** Probability of at most `t`, for t of at least 0. */
function studentUpTo(t: number, degreesOfFreedom: number): number {
  if (degreesOfFreedom === Infinity) return normalUpTo(t);
  const total = degreesOfFreedom + t * t;
  return 1 - betaRatio(degreesOfFreedom / total, (t * t) / total, degreesOfFreedom / 2, 0.5) / 2;
}

/** Marsaglia's series (2004), exact to 15 digits within 7 standard deviations; beyond them it is 1. */
function normalUpTo(x: number): number {
  if (x > 7) return 1;
  let [sum, term] = [x, x];
  for (let k = 3; term > sum * 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The regularised incomplete beta function at x; `rest` is 1 - x, given apart so that it keeps its digits. */
function betaRatio(x: number, rest: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaRatio(rest, x, b, a);
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(rest);
  return (Math.exp(front) / a) * betaFraction(x, a, b);
}

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 1000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return fraction;
}

const awayFromZero = (value: number): number => (Math.abs(value) < SMALLEST ? SMALLEST : value);

/** Logarithm of the gamma function, for arguments above 0. */
function logGamma(argument: number): number {
  if (argument < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * argument)) - logGamma(1 - argument);
  const x = argument - 1;
  const series = LANCZOS.reduce((sum, factor, k) => (k === 0 ? factor : sum + factor / (x + k)), 0);
  const t = x + 7.5;
  return Math.log(2 * Math.PI) / 2 + (x + 0.5) * Math.log(t) - t + Math.log(series);
}
