/** Panels of accuracy against tokens as one picture. */
import { panelPicture, type Style, styleSheet } from '../../src/drawing/panels.ts';
import { PANEL, type Panel, panel } from './panel.ts';

interface Panels {
  readonly title: string;
  readonly caption: string;
  readonly panels: readonly Panel[];
  readonly colours: Style['lines'];
  /** How some of the lines are drawn besides. */
  readonly dashes: string;
}

export const pictureOf = ({ title, caption, panels, colours, dashes }: Panels): string =>
  panelPicture({ title, caption, left: 46, head: 34, panels, size: PANEL, draw: panel, style: styleOf(colours, dashes) });

const styleOf = (lines: Style['lines'], dashes: string): string =>
  styleSheet({
    both: `
.title{font-size:14px;font-weight:600}.tick{font-size:11px}.label{font-size:12px}
.inside{stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.grid{stroke-width:1px}.line,.bar,.leader,.grid{fill:none}.line{stroke-width:2px;stroke-linejoin:round}
${dashes}
.bar{stroke-width:1.4px}.leader{stroke-width:1px;opacity:.6}.band{opacity:.13;stroke:none}
`,
    lines,
    ofLine: (name, colour) =>
      `.line.${name},.bar.${name},.leader.${name}{stroke:${colour}}.band.${name},.dot.${name},.label.${name}{fill:${colour}}`,
    ofGround: ({ page }) => `.inside{stroke:${page}}`,
  });

/** On a light and on a dark page: of the lines that more than one picture has. */
export const SHARED_COLOURS = {
  oracle: ['#818b98', '#818b98'],
  outcome: ['#0969da', '#4c9bff'],
  'weighted-outcome': ['#bf3989', '#f778ba'],
} as const;
