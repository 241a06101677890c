package observe_test

import (
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/observe"
)

func TestTracesWanted(t *testing.T) {
	for _, tt := range []struct {
		environ string
		want    bool
		says    string // what is wrong; empty: nothing
	}{
		{"", false, ""},
		{"OTEL_SERVICE_NAME=shop OTEL_TRACES_SAMPLER=always_on", false, ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://traces.example/v1/traces", true, ""},
		{"OTEL_TRACES_EXPORTER=otlp", true, ""},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", false, ""},
		{"OTEL_SDK_DISABLED=true OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", false, ""},
		{"OTEL_SDK_DISABLED=false OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318", true, ""},
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", false, ""}, // for something else
		{"OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317", false, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json OTEL_TRACES_EXPORTER=otlp", false, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_TRACES_EXPORTER=otlp", true, ""},
		{"OTEL_TRACES_EXPORTER=zipkin", false, "OTEL_TRACES_EXPORTER"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318", false, "OTEL_EXPORTER_OTLP_ENDPOINT"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=ftp://hunter2@x", false, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://", false, "OTEL_EXPORTER_OTLP_ENDPOINT"},
	} {
		got, err := observe.TracesWanted(func(name string) string {
			for _, entry := range strings.Fields(tt.environ) {
				if key, value, _ := strings.Cut(entry, "="); key == name {
					return value
				}
			}
			return ""
		})
		says := ""
		if err != nil {
			says = err.Error()
		}
		if got != tt.want || !strings.HasPrefix(says, tt.says) || (says != "") != (tt.says != "") {
			t.Errorf("%s: %v, %q", tt.environ, got, says)
		}
		if strings.Contains(says, "hunter2") {
			t.Errorf("%s: the error has the address", tt.environ)
		}
	}
}
