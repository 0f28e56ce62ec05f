// The panel's page as HTML.  Nothing of it comes from outside, and no text of the prover's is in it.

export interface Sources {
  readonly script: string;
  readonly style: string;
  /** From where the page may load styles. */
  readonly origin: string;
  readonly nonce: string;
}

export function page({ script, style, origin, nonce }: Sources): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${origin}; script-src 'nonce-${nonce}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Goal and search</title>
</head>
<body>
<header>
  <span id="title"></span>
  <span id="stage" role="status"></span>
  <span id="tried"></span>
  <div id="tools" role="group" aria-label="This hole">
    <button id="reveal" title="Show the hole in the editor">Go to hole</button>
    <button id="deeper" title="Search with a larger budget">Search deeper</button>
    <button id="explain" title="What was tried, and what became of it">Explain</button>
    <button id="pin" aria-pressed="false" title="Stay with this hole, wherever the cursor goes">Pin</button>
  </div>
</header>
<p id="none"></p>
<main>
  <section aria-label="Goals and proofs">
    <div id="goals"></div>
    <div id="proofs" role="group" aria-label="Proofs"></div>
  </section>
  <section id="found" aria-label="Candidates">
    <div class="filter">
      <input id="words" type="search" placeholder="Filter" aria-label="Filter candidates">
      <select id="show" aria-label="Which candidates">
        <option value="all">all</option>
        <option value="proofs">proofs</option>
        <option value="progress">progress</option>
        <option value="failed">failed</option>
      </select>
      <select id="order" aria-label="Order">
        <option value="tried">as tried</option>
        <option value="outcome">best first</option>
        <option value="score">by score</option>
        <option value="time">slowest first</option>
      </select>
    </div>
    <div id="candidates" role="listbox" aria-label="Candidates"></div>
    <p id="rest"></p>
  </section>
  <section id="drawn" aria-label="Search graph">
    <div class="legend"><span>● open</span><span>■ proved</span><span>◆ nothing left to try</span></div>
    <div id="picture"></div>
    <div id="detail"></div>
  </section>
</main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
