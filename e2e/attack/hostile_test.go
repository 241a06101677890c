//go:build attack

package attack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/hostile"
)

const (
	hostileRuns   = 11                     // of each request
	mostTime      = 100 * time.Millisecond // in the median
	mostGrowth    = 64.0                   // MiB, over what the server had before the request
	slowBodyLimit = time.Second            // GATEHOUSE_REQUEST_TIMEOUT of the slow body
)

// TestHostile sends each of the requests that mean harm some times over, and measures how long a refusal takes and how much
// memory the server has in use meanwhile.
func TestHostile(t *testing.T) {
	s := start(t, "GATEHOUSE_REQUEST_TIMEOUT="+slowBodyLimit.String())
	fmt.Printf("    %-50s %-28s %10s %10s\n", "", "refused with", "median ms", "MiB more")
	for _, request := range hostile.Requests() {
		before := s.calmMiB(t)
		var took durations
		for range hostileRuns {
			body := request.Send()
			begun := time.Now()
			code, err := s.refusalOf(t, body)
			took = append(took, time.Since(begun))
			if err != nil || code != request.Code {
				t.Fatalf("%s: refused with %q, %v; want %s", request.Name, code, err, request.Code)
			}
		}
		s.judge(t, request.Name, request.Code, took.percentile(50), s.peakMiB(t)-before, mostTime)
	}
	before := s.calmMiB(t)
	begun := time.Now()
	code, err := s.slowBody(t)
	if err != nil {
		t.Fatalf("a slow body: %v", err)
	}
	s.judge(t, "a body that comes byte by byte, for a second", code, time.Since(begun), s.peakMiB(t)-before, slowBodyLimit+mostTime)
}

// judge prints a line of the table, and fails where a figure is worse than was promised.
func (s *server) judge(t *testing.T, name, code string, took time.Duration, growth float64, most time.Duration) {
	t.Helper()
	fmt.Printf("    %-50s %-28s %10.1f %10.1f\n", name, code, milliseconds(took), growth)
	if took > most {
		t.Errorf("%s: %.1f ms; at most %.0f were promised", name, milliseconds(took), milliseconds(most))
	}
	if growth > mostGrowth {
		t.Errorf("%s: %.1f MiB more; at most %.0f were promised", name, growth, mostGrowth)
	}
}

// refusalOf sends a body, and answers the code of the first error.
func (s *server) refusalOf(t *testing.T, body io.Reader) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/graphql", body)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return codeOf(response)
}

func codeOf(response *http.Response) (string, error) {
	var answer struct{ Errors []*refusal }
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) == 0 {
		return "", fmt.Errorf("status %d: %.200s", response.StatusCode, text)
	}
	return answer.Errors[0].Extensions.Code, nil
}

// slowBody sends a byte of a body every 20 ms until it is answered.
func (s *server) slowBody(t *testing.T) (string, error) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
	if err != nil {
		return "", err
	}
	go func() {
		for err := error(nil); err == nil; time.Sleep(20 * time.Millisecond) {
			_, err = io.WriteString(conn, " ")
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	return codeOf(response)
}

// calmMiB forgets how much memory the server ever had in use, and answers how much that is now.
func (s *server) calmMiB(t *testing.T) float64 {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.Pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	return s.peakMiB(t)
}
