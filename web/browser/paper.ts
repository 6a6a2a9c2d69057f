// A sheet as pdftoppm draws it in grey (PGM): is anything drawn in its margins, is it light, is it blank?

interface Sheet {
  width: number;
  height: number;
  grey: Buffer;
}

export function readSheet(file: Buffer): Sheet {
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(file.subarray(0, 64).toString('latin1'));
  if (head === null) {
    throw new Error('not a PGM file of one byte a pixel');
  }
  return { width: Number(head[1]), height: Number(head[2]), grey: file.subarray(head[0].length) };
}

// The style sheet leaves 12 mm at the sides of A4; a third of that is allowed for strokes and shadows.
const marginMm = 8;

export function inkBeyond(file: Buffer): string[] {
  const { width, height, grey } = readSheet(file);
  const out: string[] = [];
  if (Math.abs(height / width - 297 / 210) > 0.01) {
    out.push(`not A4: ${width} x ${height}`);
  }
  const edge = Math.floor((width * marginMm) / 210);
  let beyond = 0;
  let ink = 0;
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = grey[y * width + x]!;
      sum += value;
      if (value < 200) {
        ink++;
        beyond += x < edge || x >= width - edge ? 1 : 0;
      }
    }
  }
  if (beyond > 0) {
    out.push(`${beyond} dark points in the margins at the sides`);
  }
  if (ink < 30) {
    out.push('blank');
  }
  if (sum / (width * height) < 190) {
    out.push(`dark paper, mean grey ${(sum / (width * height)).toFixed(0)}`);
  }
  return out;
}

// Part of the points of two sheets that are not alike.
export function unlike(first: Buffer, second: Buffer): number {
  const [a, b] = [readSheet(first), readSheet(second)];
  if (a.width !== b.width || a.height !== b.height) {
    return 1;
  }
  let off = 0;
  for (let i = 0; i < a.grey.length; i++) {
    off += Math.abs(a.grey[i]! - b.grey[i]!) > 24 ? 1 : 0;
  }
  return off / a.grey.length;
}
