// The pages of `margincall attribute`, `policies`, `prevent` and `judge`, and the board summary: which one is in the data. All
// figures come ready from the program; the pages only lay them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { parseCauses } from './model/causes';
import { attributionPage } from './view/attribution_page';
import { boardPage, fitSheets } from './view/board_page';
import { Drawings } from './view/drawings';
import { policiesPage } from './view/policies_page';
import { preventPage } from './view/prevent_page';
import { verdictPage } from './view/verdict_page';

const data = parseCauses(document.getElementById('causes-data')!.textContent ?? '');
const main = document.getElementById('report')!;
const drawings = new Drawings();

if (data.kind === 'attribution') {
  attributionPage(main, drawings, data.attribution, data.command);
} else if (data.kind === 'policies') {
  policiesPage(main, drawings, data.policies, data.command);
} else if (data.kind === 'prevent') {
  preventPage(main, drawings, data.prevention, data.command);
} else if (data.kind === 'verdict') {
  verdictPage(main, data);
} else {
  boardPage(main, drawings, data);
}
drawings.follow(main);
if (data.kind === 'board') {
  fitSheets(main, drawings);
}
