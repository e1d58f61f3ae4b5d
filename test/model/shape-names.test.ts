import { describe, expect, it } from 'vitest';
import { PLAIN_SHAPES, SHAPES } from '../../src/engine/decode/shapes/index.ts';
import { SHAPE_NAMES, shapeSetting } from '../../src/model/index.ts';

describe('names of shapes', () => {
  it('are those that the decoder knows, each once', () => {
    const known = [...PLAIN_SHAPES, ...SHAPES.map(({ id }) => id)];
    expect(SHAPE_NAMES.toSorted()).toEqual(known.toSorted());
    expect(new Set(known).size).toBe(known.length);
  });

  it('are what a source may be set to, and nothing else is', () => {
    const setting = shapeSetting();
    for (const name of SHAPE_NAMES) expect(setting.parse(name)).toBe(name);
    expect(setting.parse(undefined)).toBeUndefined();
    expect(setting.safeParse('filebeat').success).toBe(false);
  });
});
