// The pages of `margincall attribute`, `policies`, `prevent`, `judge`, `cross`, `warn` and `externality`, and the board summary: which one is in the data. All
// figures come ready from the program; the pages only lay them out.
import 'uplot/dist/uPlot.min.css';
import './style.css';

import { parseCauses } from './model/causes';
import { attributionPage } from './view/attribution_page';
import { boardPage, fitSheets } from './view/board_page';
import { Drawings } from './view/drawings';
import { crossPage, externalityPage, warnPage } from './view/experiment_pages';
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
  preventPage(main, drawings, data.prevent, data.command);
} else if (data.kind === 'cross') {
  crossPage(main, drawings, data.cross, data.command);
} else if (data.kind === 'warn') {
  warnPage(main, drawings, data.warn, data.command);
} else if (data.kind === 'externality') {
  externalityPage(main, drawings, data.externality, data.command);
} else if (data.kind === 'verdict') {
  verdictPage(main, data);
} else {
  boardPage(main, drawings, data);
}
drawings.follow(main);
if (data.kind === 'board') {
  fitSheets(main, drawings);
}
