// Numbers: ranges of them, and how they are written and read.

export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const range = (n) => Array.from({ length: n }, (_, i) => i);
export const linspace = (a, b, n) => range(n).map((i) => a + ((b - a) * i) / (n - 1));
export const logspace = (a, b, n) => linspace(Math.log(a), Math.log(b), n).map(Math.exp);

// The smallest and largest value, widened by a share of their distance on either side.
export function extent(xs, share = 0) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of xs) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  const margin = share * (high - low || Math.abs(low) || 1);
  return [low - margin, high + margin];
}

// Four significant digits, as the book prints; a true minus sign, and powers of ten beyond six places.
export function format(x, digits = 4) {
  if (Number.isNaN(x)) return "undefined";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  // As it will be rounded: 99.999 is 100.0 and not 100.00.
  const size = Math.abs(Number(x.toPrecision(digits)));
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return `${minus(mantissa)} × 10${superscript(Number(exponent))}`;
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(x.toFixed(Math.min(decimals, 20)));
}
export const fixed = (x, decimals) => minus(x.toFixed(decimals)).replace(/^−(0\.?0*)$/, "$1");
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
export const percent = (x, decimals = 1) => `${fixed(100 * x, decimals)} %`;

// The number that a text means, as people type it or as `format` writes it; NaN where it means none.
// A comma groups the digits of a whole number and marks the decimals of another, as on half the world's keyboards.
export function parse(text, whole = false) {
  const digits = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";
  const plain = text
    .replace(/\s/g, "")
    .replace(/[×*]10\^?/, "e")
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => "-0123456789"[digits.indexOf(c)])
    .replaceAll("−", "-")
    .replaceAll(",", whole ? "" : ".");
  const value = plain === "" ? NaN : Number(plain);
  return Number.isFinite(value) ? value : NaN;
}
export const minus = (text) => String(text).replace("-", "−");
export const superscript = (n) => String(n).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));

// A power of ten given by its exponent, for numbers that a double cannot hold.
export function formatPower(log10, digits = 3) {
  if (log10 === -Infinity) return "0";
  let exponent = Math.floor(log10);
  let mantissa = (10 ** (log10 - exponent)).toFixed(digits - 1);
  if (Number(mantissa) >= 10) [mantissa, exponent] = [(1).toFixed(digits - 1), exponent + 1];
  return Math.abs(exponent) < 4 ? format(10 ** log10, digits) : `${mantissa} × 10${superscript(exponent)}`;
}
