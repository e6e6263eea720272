// The formulas that the explorables share with mlecore, and nothing that draws.
// Each one has a twin in Python; tests/explore compares the two in a real browser.

// ------------------------------------------------------------ special functions

// Stirling's series is exact to a double from 12 upwards; below that the recurrence
// log G(x) = log G(x + 1) - log x climbs to it. DLMF 5.11.1.
export function lgamma(x) {
  if (!(x > 0)) return x === 0 ? Infinity : NaN;
  let product = 1;
  while (x < 12) product *= x++;
  const r = 1 / (x * x);
  const tail =
    (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360)))))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + tail - Math.log(product);
}

// The derivative of log G, by the same climb. DLMF 5.11.2.
export function digamma(x) {
  let sum = 0;
  while (x < 12) sum -= 1 / x++;
  const r = 1 / (x * x);
  return (
    sum + Math.log(x) - 0.5 / x -
    r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760))))))
  );
}

// The second derivative of log G. DLMF 5.15.8.
export function trigamma(x) {
  let sum = 0;
  while (x < 12) sum += 1 / x ** 2, x++;
  const r = 1 / (x * x);
  return (
    sum + 1 / x + r / 2 +
    (r / x) * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * (5 / 66 - r * (691 / 2730))))))
  );
}

// Phi(z) by the series phi(z) (z + z^3/3 + z^5/(3*5) + ...), whose terms are all of one sign. DLMF 7.6.2.
export function normalCdf(z) {
  if (Math.abs(z) > 38) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) sum += term *= (z * z) / k;
  return 0.5 + sum * Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

// The inverse of normalCdf by Newton's method with Halley's correction.
export function normalQuantile(q) {
  let z = 0;
  for (let i = 0; i < 60; i++) {
    const error = (normalCdf(z) - q) * Math.sqrt(2 * Math.PI) * Math.exp(0.5 * z * z);
    const step = error / (1 + 0.5 * z * error);
    z -= Math.max(-1, Math.min(1, step));
    if (Math.abs(step) < 1e-15) break;
  }
  return z;
}

export const log1pexp = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
export const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));
// x log y with the limit 0 where x is 0.
export const xlogy = (x, y) => (x === 0 ? 0 : x * Math.log(y));

// ------------------------------------------------------------ families, one observation each

export const poissonLogPmf = (x, rate) => xlogy(x, rate) - rate - lgamma(x + 1);
export const bernoulliLogPmf = (x, p) => xlogy(x, p) + xlogy(1 - x, 1 - p);
export const binomialLogPmf = (x, n, p) =>
  lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + xlogy(x, p) + xlogy(n - x, 1 - p);
export const normalLogPdf = (x, mu, sigma) =>
  -0.5 * ((x - mu) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);
export const exponentialLogPdf = (x, rate) => (x < 0 ? -Infinity : Math.log(rate) - rate * x);
export const uniformLogPdf = (x, low, high) => (x < low || x > high ? -Infinity : -Math.log(high - low));
export const laplaceLogPdf = (x, loc, scale) => -Math.log(2 * scale) - Math.abs(x - loc) / scale;
export const cauchyLogPdf = (x, loc, scale) => -Math.log(Math.PI * scale) - Math.log1p(((x - loc) / scale) ** 2);
export const gammaLogPdf = (x, shape, rate) =>
  shape * Math.log(rate) - lgamma(shape) + (shape - 1) * Math.log(x) - rate * x;

// ------------------------------------------------------------ samples

export const sum = (xs) => {
  let total = 0;
  for (const x of xs) total += x;
  return total;
};
export const mean = (xs) => sum(xs) / xs.length;
export const variance = (xs, m = mean(xs)) => mean(Array.from(xs, (x) => (x - m) ** 2));
export const median = (xs) => {
  const sorted = Float64Array.from(xs).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
};

// A sample's log-likelihood from the few numbers that suffice.
export const normalLogLikelihood = (t, mu, sigma) =>
  t.n * (-Math.log(sigma) - 0.5 * Math.log(2 * Math.PI)) -
  (0.5 * t.n * (t.variance + (t.mean - mu) ** 2)) / sigma ** 2;
export const gammaLogLikelihood = (t, shape, rate) =>
  t.n * (shape * Math.log(rate) - lgamma(shape) + (shape - 1) * t.meanLog - rate * t.mean);

// The Gamma MLE from log(mean) - mean(log): Newton on the shape's logarithm,
// from the start of Minka (2002), "Estimating a Gamma distribution".
export function gammaMle(t) {
  const gap = Math.log(t.mean) - t.meanLog;
  let shape = (3 - gap + Math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap);
  for (let i = 0; i < 50; i++) {
    const value = Math.log(shape) - digamma(shape) - gap;
    const step = value / (1 - shape * trigamma(shape));
    shape *= Math.exp(-step);
    if (Math.abs(step) < 1e-14) break;
  }
  return { shape, rate: shape / t.mean };
}

// The Cauchy location with scale 1 that has the largest likelihood. Modes may be several in small
// samples, so the best point of a grid about the median, wide enough for the sample's size, brackets it.
export function cauchyLocationMle(xs) {
  const centre = median(xs);
  const value = (m) => {
    let total = 0;
    for (const x of xs) total -= Math.log1p((x - m) ** 2);
    return total;
  };
  const cell = Math.min(8, 16 / Math.sqrt(xs.length)) / 40;
  let [best, top] = [centre, value(centre)];
  for (let k = -40; k <= 40; k++) {
    const v = value(centre + k * cell);
    if (v > top) [best, top] = [centre + k * cell, v];
  }
  const slope = (m) => {
    let total = 0;
    for (const x of xs) total += (x - m) / (1 + (x - m) ** 2);
    return total;
  };
  let [a, b] = [best - cell, best + cell];
  for (let i = 0; i < 50; i++) {
    const middle = 0.5 * (a + b);
    if (slope(middle) > 0) a = middle;
    else b = middle;
  }
  return 0.5 * (a + b);
}

// ------------------------------------------------------------ asymptotic facts

// Large-sample variances (times n) of the Gamma shape: by maximum likelihood and by moments.
export const gammaShapeVarianceMle = (shape) => shape / (shape * trigamma(shape) - 1);
export const gammaShapeVarianceMoments = (shape) => 2 * shape * (shape + 1);

// ------------------------------------------------------------ intervals for a proportion

// Half the likelihood-ratio statistic of p against the fit x / n.
const binomialDeviance = (x, n, p) =>
  xlogy(x, x / n) + xlogy(n - x, 1 - x / n) - xlogy(x, p) - xlogy(n - x, 1 - p);

export function proportionInterval(method, x, n, z) {
  const p = x / n;
  if (method === "wald") {
    const half = z * Math.sqrt((p * (1 - p)) / n);
    return [p - half, p + half];
  }
  if (method === "score") {
    const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
    const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
    // At 0 and n successes the formula gives the edge exactly; rounding would miss it.
    return [x === 0 ? 0 : centre - half, x === n ? 1 : centre + half];
  }
  const edge = (inside, outside) => {
    for (let i = 0; i < 55; i++) {
      const middle = 0.5 * (inside + outside);
      if (binomialDeviance(x, n, middle) <= 0.5 * z * z) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return [x === 0 ? 0 : edge(p, 0), x === n ? 1 : edge(p, 1)];
}

// The chance, by enumeration, that the interval of x successes holds p. A Wald interval of no width
// (x = 0 or n) is a miss. intervals: one for each x from 0 to n.
export function proportionCoverage(intervals, p) {
  const n = intervals.length - 1;
  const choose = logChoose(n);
  let chance = 0;
  for (let x = 0; x <= n; x++) {
    const [low, high] = intervals[x];
    if (low < p && p < high) chance += Math.exp(choose[x] + xlogy(x, p) + xlogy(n - x, 1 - p));
  }
  return chance;
}

// log of n over x for every x, kept because a coverage curve asks for it hundreds of times.
const chooseKept = new Map();
function logChoose(n) {
  if (!chooseKept.has(n))
    chooseKept.set(n, Float64Array.from({ length: n + 1 }, (_, x) => lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1)));
  return chooseKept.get(n);
}

// ------------------------------------------------------------ tests of a proportion

// The statistics of Wald, the likelihood ratio and the score against the null p, for x of n with 0 < x < n.
export function binomialTests(x, n, p) {
  const squared = (x / n - p) ** 2;
  return [
    squared / (((x / n) * (1 - x / n)) / n),
    2 * Math.max(0, binomialDeviance(x, n, p)),
    squared / ((p * (1 - p)) / n),
  ];
}

// What a chi-square on one degree of freedom exceeds with this probability: the square of a standard Normal.
export const chiSquareTail = (statistic) => 2 * normalCdf(-Math.sqrt(statistic));

// ------------------------------------------------------------ finite precision

// Round to an IEEE half: 11 significant bits, steps of 2^-24 below 2^-14, infinity from 65520.
export function f16round(x) {
  const size = Math.abs(x);
  if (!(size < 65520)) return Number.isNaN(x) ? NaN : Math.sign(x) * Infinity;
  const step = 2 ** Math.max(-24, Math.floor(Math.log2(size)) - 10);
  const low = Math.floor(size / step);
  const rest = size / step - low;
  const up = rest > 0.5 || (rest === 0.5 && low % 2 === 1);
  return Math.sign(x) * (low + (up ? 1 : 0)) * step;
}
export const rounding = { float64: (x) => x, float32: Math.fround, float16: f16round };

// The running product of factors, each factor and each product rounded, as np.cumprod does it.
export function runningProduct(factors, precision) {
  const round = rounding[precision];
  let product = 1;
  return Float64Array.from(factors, (f) => (product = round(product * round(f))));
}

// ------------------------------------------------------------ random numbers

// sfc32, a small generator of known quality, so that "new sample" follows a fixed sequence of samples.
export function generator(seed) {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const uniform = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return ((t >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) uniform();
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  // Marsaglia and Tsang (2000); below shape 1 by the boost G(a) = G(a + 1) U^(1/a).
  const gamma = (shape) => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape);
    const s = shape - 1 / 3;
    for (;;) {
      const z = normal();
      const v = (1 + z / Math.sqrt(9 * s)) ** 3;
      if (v > 0 && Math.log(uniform()) < 0.5 * z * z + s - s * v + s * Math.log(v)) return s * v;
    }
  };
  const poisson = (rate) => {
    // Multiplying uniforms until exp(-rate) is exact and quick for the small rates used here.
    const limit = Math.exp(-rate);
    let count = 0;
    for (let product = uniform(); product > limit; product *= uniform()) count++;
    return count;
  };
  return {
    uniform,
    normal,
    gamma,
    poisson,
    exponential: (rate) => -Math.log(uniform()) / rate,
    cauchy: (loc = 0) => loc + Math.tan(Math.PI * (uniform() - 0.5)),
    integer: (n) => Math.floor(uniform() * n),
  };
}

// ------------------------------------------------------------ a network of one hidden layer

// theta holds W (inputs by m, row by row), c (m), v (m) and b; the logit of a row x is v . tanh(x W + c) + b.
export function networkLogit(theta, m, x) {
  const inputs = x.length;
  const [c, v] = [inputs * m, inputs * m + m];
  let z = theta[v + m];
  for (let k = 0; k < m; k++) {
    let a = theta[c + k];
    for (let j = 0; j < inputs; j++) a += theta[j * m + k] * x[j];
    z += theta[v + k] * Math.tanh(a);
  }
  return z;
}

export const networkLoss = (theta, m, rows, labels) =>
  mean(rows.map((x, i) => {
    const z = networkLogit(theta, m, x);
    return log1pexp(z) - labels[i] * z;
  }));

// The slope of networkLoss in every entry of theta, by backpropagation.
export function networkGradient(theta, m, rows, labels) {
  const inputs = rows[0].length;
  const [c, v] = [inputs * m, inputs * m + m];
  const gradient = new Float64Array(theta.length);
  const hidden = new Float64Array(m);
  rows.forEach((x, i) => {
    let z = theta[v + m];
    for (let k = 0; k < m; k++) {
      let a = theta[c + k];
      for (let j = 0; j < inputs; j++) a += theta[j * m + k] * x[j];
      hidden[k] = Math.tanh(a);
      z += theta[v + k] * hidden[k];
    }
    const miss = (sigmoid(z) - labels[i]) / rows.length;
    gradient[v + m] += miss;
    for (let k = 0; k < m; k++) {
      gradient[v + k] += miss * hidden[k];
      const back = miss * theta[v + k] * (1 - hidden[k] * hidden[k]);
      gradient[c + k] += back;
      for (let j = 0; j < inputs; j++) gradient[j * m + k] += back * x[j];
    }
  });
  return gradient;
}
