package notify

// Pretend has a listener that does not run have heard another server than there is.
func Pretend(l *Listener, history string) { l.position.history = history }
