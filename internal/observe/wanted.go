package observe

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// TracesWanted says whether the variables of OpenTelemetry ask for traces to be sent: an endpoint is named, or
// OTEL_TRACES_EXPORTER is otlp, and nothing turns them off. Getenv is as [os.Getenv].
//
// All other variables are for its SDK to read
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). The error says what this program
// cannot do, or what the SDK would pass over and send traces elsewhere; it holds no value but those of a few words.
func TracesWanted(getenv func(string) string) (bool, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	exporter := getenv("OTEL_TRACES_EXPORTER")
	switch exporter {
	case "none":
		return false, nil
	case "", "otlp":
	default:
		return false, errors.New("OTEL_TRACES_EXPORTER: must be otlp or none")
	}
	named := false
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		text := getenv(name)
		if text == "" {
			continue
		}
		named = true
		if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return false, fmt.Errorf("%s: must be a URL, for example http://127.0.0.1:4318", name)
		}
	}
	if !named && exporter == "" {
		return false, nil
	}
	protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf")
	if protocol != "http/protobuf" {
		return false, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL: must be http/protobuf, the only one that is spoken")
	}
	return true, nil
}
