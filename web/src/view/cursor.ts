// The cursor of a picture by keyboard: left and right a step, with Shift or by page a twentieth, Home and
// End to the ends, Escape away. What stands there is read out.
import { say } from './dom';

export interface Cursor {
  range: () => [first: number, last: number]; // of the places that are shown now
  move: (index: number | null) => void;
  read: (index: number) => string;
  rowLength?: number; // of a grid: up and down go a row
}

// Where a key leads from a place; undefined: the key is not one of the cursor's.
export function nextPlace(
  key: string, shift: boolean, at: number | null, [first, last]: [number, number], rowLength = 0): number | null | undefined {
  const page = Math.max(1, Math.round((last - first) / 20));
  const step = shift ? page : 1;
  const go = (by: number): number => Math.min(Math.max(at === null ? (by > 0 ? first : last) : at + by, first), last);
  switch (key) {
    case 'ArrowRight':
      return go(step);
    case 'ArrowLeft':
      return go(-step);
    case 'PageDown':
      return go(page);
    case 'PageUp':
      return go(-page);
    case 'ArrowDown':
      return rowLength > 0 ? go(rowLength) : undefined;
    case 'ArrowUp':
      return rowLength > 0 ? go(-rowLength) : undefined;
    case 'Home':
      return first;
    case 'End':
      return last;
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}

export function keyboardCursor(host: HTMLElement, name: string, cursor: Cursor): void {
  host.tabIndex = 0;
  host.setAttribute('role', 'group');
  host.setAttribute('aria-label', `${name}; arrow keys move a cursor that reads the values`);
  let at: number | null = null;
  host.addEventListener('keydown', (event) => {
    const next = nextPlace(event.key, event.shiftKey, at, cursor.range(), cursor.rowLength ?? 0);
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    at = next;
    cursor.move(at);
    say(at === null ? '' : cursor.read(at));
  });
  host.addEventListener('blur', () => {
    if (at !== null) {
      at = null;
      cursor.move(null);
    }
  });
}
