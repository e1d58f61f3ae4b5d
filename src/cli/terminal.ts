import { escapeControls } from '../sinks/console-text.ts';

/** Attacker-chosen text made safe for a terminal; line breaks stay only where asked for. */
export const escapeText = (text: string, keepLines = false): string =>
  keepLines ? text.split('\n').map(escapeControls).join('\n') : escapeControls(text);
