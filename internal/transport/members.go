package transport

// members tells each member of a JSON object, in order: its name and its value, both as they are written. The text is valid
// JSON. It answers false for what is no object.
func members(text []byte, tell func(name, value []byte)) bool {
	at := skipSpace(text, 0)
	if text[at] != '{' {
		return false
	}
	for at = skipSpace(text, at+1); text[at] != '}'; {
		end := skipValue(text, at)
		name := text[at:end]
		at = skipSpace(text, skipSpace(text, end)+1) // the colon
		end = skipValue(text, at)
		tell(name, text[at:end])
		if at = skipSpace(text, end); text[at] == ',' {
			at = skipSpace(text, at+1)
		}
	}
	return true
}

// skipSpace is where the first character is, from a place on, that is no white space.
func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// skipValue is where the value ends that begins at a place.
func skipValue(text []byte, at int) int {
	for depth := 0; at < len(text); at++ {
		switch text[at] {
		case '"':
			for at++; text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 { // of what the value is in
				return at
			}
			depth--
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
			continue
		default: // of a number or a word, or within something
			continue
		}
		if depth == 0 {
			return at + 1
		}
	}
	return at
}
