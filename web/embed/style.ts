export const STYLE = `
:host {
  display: block;
  font: 16px/1.5 var(--kleos-font, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
  color: var(--kleos-ink, #e0e0ff);
  background: var(--kleos-ground, #0f0f1e);
  border-radius: var(--kleos-radius, 12px);
  padding: 16px;
  min-width: 0;
}
.heading { margin: 0 0 8px; font-size: 18px; }
ol { list-style: none; margin: 0; padding: 0; }
.row {
  display: grid;
  grid-template-columns: 40px minmax(0, 1fr) max-content;
  gap: 12px;
  padding: 6px 0;
  border-top: 1px solid var(--kleos-line, #2c2c48);
}
.rank { color: var(--kleos-quiet, #a2a2c8); text-align: right; }
.row[data-medal="gold"] .rank { color: #ffd54a; font-weight: 700; }
.row[data-medal="silver"] .rank { color: #cfd6e4; font-weight: 700; }
.row[data-medal="bronze"] .rank { color: #e8a56b; font-weight: 700; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.value { font-weight: 600; }
.status { margin: 8px 0 0; color: var(--kleos-quiet, #a2a2c8); font-size: 14px; }
.status:empty { display: none; }
`;
