package transport_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// listener is a client of server-sent events, as https://html.spec.whatwg.org/multipage/server-sent-events.html has it.
type listener struct {
	t        *testing.T
	response *http.Response
	in       *bufio.Reader
	comments int // that were read so far
}

// listen sends a request by POST and answers the events that it is answered with.
func (s *stage) listen(query string, headers ...string) *listener {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.http.URL, strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", plain)
	return s.listenTo(r, headers...)
}

// listenByGET does so by GET.
func (s *stage) listenByGET(query string, headers ...string) *listener {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.http.URL+"?query="+url.QueryEscape(query), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.listenTo(r, headers...)
}

func (s *stage) listenTo(r *http.Request, headers ...string) *listener {
	s.t.Helper()
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.http.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream; charset=utf-8" {
		text, _ := io.ReadAll(response.Body)
		s.t.Fatalf("status %d, %s: %s", response.StatusCode, got, text)
	}
	return &listener{t: s.t, response: response, in: bufio.NewReader(response.Body)}
}

// event reads the next event.
func (l *listener) event() (name, data string, err error) {
	has := false
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			if line != "" || has {
				return "", "", errors.New("the stream ends within an event")
			}
			return "", "", err
		}
		if strings.Contains(line, "\r") {
			l.t.Errorf("a line %q", line)
		}
		line = strings.TrimSuffix(line, "\n")
		switch field, value, _ := strings.Cut(line, ":"); {
		case line == "" && has:
			return name, strings.TrimSuffix(data, "\n"), nil
		case line == "": // no data, no event
			name = ""
		case field == "":
			l.comments++
		case field == "event":
			name = strings.TrimPrefix(value, " ")
		case field == "data":
			has = true
			data += strings.TrimPrefix(value, " ") + "\n"
		default:
			l.t.Errorf("a line %q", line)
		}
	}
}

// hears waits for the next event, which must be this answer.
func (l *listener) hears(want string) {
	l.t.Helper()
	name, data, err := l.event()
	if err != nil || name != "next" {
		l.t.Fatalf("heard %q %s, %v; want %s", name, data, err, want)
	}
	wantJSON(l.t, data, want)
}

// completes waits for the event that says that there are no more, and then the end.
func (l *listener) completes() {
	l.t.Helper()
	name, data, err := l.event()
	if err != nil || name != "complete" || data != "" {
		l.t.Fatalf("heard %q %s, %v; want complete", name, data, err)
	}
	l.ends()
}

// ends waits for the end of the answer, which must come next and in good order.
func (l *listener) ends() {
	l.t.Helper()
	if name, data, err := l.event(); !errors.Is(err, io.EOF) {
		l.t.Fatalf("heard %q %s, %v; want the end", name, data, err)
	}
}

// leave closes the connection.
func (l *listener) leave() { _ = l.response.Body.Close() }

// listenRaw asks for events over a connection into which little fits that the client does not read.
func (s *stage) listenRaw(request string) *net.TCPConn {
	s.t.Helper()
	address, err := net.ResolveTCPAddr("tcp", s.http.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.DialTCP("tcp", nil, address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := errors.Join(conn.SetReadBuffer(4<<10), conn.SetDeadline(time.Now().Add(patience))); err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.Write([]byte(request)); err != nil {
		s.t.Fatal(err)
	}
	return conn
}
