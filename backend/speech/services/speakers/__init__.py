"""Who said what: giving each word its speaker, naming the speakers, finding them."""
