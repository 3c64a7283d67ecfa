/** `<kleos-board game="golf" board="wins" limit="10">`: a live board on anybody's site. */
class KleosBoard extends HTMLElement {}

if (!customElements.get("kleos-board")) customElements.define("kleos-board", KleosBoard);

export {};
