// Numbers as they are written in English, the one language that is spoken here.
// Source: https://tc39.es/ecma402/#sup-number.prototype.tolocalestring

Object.defineProperty(Number.prototype, "toLocaleString", {
  configurable: true,
  writable: true,
  value: { toLocaleString(_locales, { minimumFractionDigits: least = 0, maximumFractionDigits: most = Math.max(least, 3), useGrouping = true } = {}) {
    const number = Number(this);
    if (Number.isNaN(number)) return "NaN";
    if (!Number.isFinite(number)) return number < 0 ? "-∞" : "∞";
    // So large a number has no fraction, and is told in full.
    const [whole, fraction = ""] = (Math.abs(number) < 1e21 ? Math.abs(number).toFixed(most) : String(BigInt(Math.abs(number)))).split(".");
    let kept = fraction.length;
    while (kept > least && fraction[kept - 1] === "0") kept -= 1;
    const grouped = useGrouping ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
    const isBelow = number < 0 || Object.is(number, -0);
    return `${isBelow ? "-" : ""}${grouped}${kept ? `.${fraction.slice(0, kept)}` : ""}`;
  } }.toLocaleString,
});
