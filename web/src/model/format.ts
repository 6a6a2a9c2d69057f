// Numbers as people read them; the same forms as src/report/format.cpp. Times are UTC.

export const noData = '—';
const minus = '\u2212';

function signed(value: number, text: string): string {
  return value < 0 && /[1-9]/.test(text) ? minus + text : text;
}

function commas(value: number, digits: number): string {
  const [whole, part] = value.toFixed(digits).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? grouped : `${grouped}.${part}`;
}

export function money(usd: number | null | undefined): string {
  if (usd == null || !Number.isFinite(usd)) {
    return noData;
  }
  const size = Math.abs(usd);
  if (size >= 0.9995e9) {
    return signed(usd, `$${(size / 1e9).toFixed(2)} bn`);
  }
  if (size >= 0.9995e6) {
    return signed(usd, `$${(size / 1e6).toFixed(1)} m`);
  }
  return signed(usd, `$${commas(size, 0)}`);
}

// For axes: as short as the step between the labels allows.
export function moneyTick(usd: number, step: number): string {
  const size = Math.abs(usd);
  const [unit, name] = size >= 1e9 || step >= 1e9 ? [1e9, ' bn'] : size >= 1e6 || step >= 1e6 ? [1e6, ' m']
    : size >= 1e3 ? [1e3, ' k'] : [1, ''];
  if (size === 0) {
    return '$0';
  }
  let digits = Math.max(0, Math.min(3, -Math.floor(Math.log10(step / unit) + 1e-9)));
  const shown = (step / unit) * 10 ** digits;
  if (digits < 3 && Math.abs(shown - Math.round(shown)) > 1e-6) {
    digits++; // steps of 2.5
  }
  return signed(usd, `$${commas(size / unit, digits)}${name}`);
}

export function price(usd: number | null | undefined): string {
  if (usd == null || !Number.isFinite(usd)) {
    return noData;
  }
  const size = Math.abs(usd);
  return signed(usd, `$${commas(size, size >= 1000 ? 0 : size >= 10 ? 2 : 4)}`);
}

export function percent(fraction: number | null | undefined, digits = 1): string {
  if (fraction == null || !Number.isFinite(fraction)) {
    return noData;
  }
  return signed(fraction, `${Math.abs(fraction * 100).toFixed(digits)} %`);
}

export function bps(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) {
    return noData;
  }
  return `${value.toFixed(value < 10 ? 2 : 1)} bps`;
}

export function count(value: number | null | undefined): string {
  return value == null || !Number.isFinite(value) ? noData : signed(value, commas(Math.abs(value), 0));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function clock(unixS: number): string {
  return new Date(unixS * 1000).toISOString().slice(11, 16);
}

export function dayMonth(unixS: number): string {
  const date = new Date(unixS * 1000);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]!}`;
}

export function moment(unixS: number): string {
  return `${dayMonth(unixS)} ${clock(unixS)}`;
}

export function duration(seconds: number): string {
  if (seconds >= 3600) {
    const hours = seconds / 3600;
    return `${Number.isInteger(hours) ? hours : hours.toFixed(1)} h`;
  }
  return seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}

// A number and its unit are not parted at the end of a line.
export function tied(text: string): string {
  return text.replace(/(\d) (?=(?:%|bn|m|k|pp|bps|min|h|s|ETH|UTC)(?![A-Za-z]))/g, '$1\u00a0');
}
