import { html } from '../../base/html.ts'

/**
 * The frame that Swagger UI is drawn into. All addresses are relative, so that it stands wherever the issuer is mounted.
 * The name is text, not markup.
 */
export function docsPage(name: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name} API</title>
<link rel="icon" href="docs/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/docs.css">
<script src="docs/swagger-ui-bundle.js" defer></script>
<script src="docs/docs.js" defer></script>
</head>
<body>
<header class="docs-head">
<img src="docs/icon.svg" alt="${name}" width="32" height="32">
<a href="openapi.json">openapi.json</a>
</header>
<div id="api">
<noscript><p class="docs-note">Reading and trying the API on this page needs JavaScript. The same description, for programs, is <a href="openapi.json">openapi.json</a>.</p></noscript>
</div>
</body>
</html>
`.toString()
}
