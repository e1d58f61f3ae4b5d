// Writes config/default.yaml and config/README.md from the built schemas. Run by `npm run generate`; a test checks they are fresh.
import { writeFileSync } from 'node:fs';

const { catalogue } = await import('../dist/src/app.js');
const { defaultYaml, referenceMarkdown } = await import('../dist/src/config/reference.js');
writeFileSync(new URL('../config/default.yaml', import.meta.url), defaultYaml(catalogue));
writeFileSync(new URL('../config/README.md', import.meta.url), referenceMarkdown(catalogue));
