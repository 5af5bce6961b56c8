package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"seccomp-broker/broker/audit"
)

const (
	webhookLimit = 10 * time.Second // for one attempt
	maxAnswer    = 64 << 10         // of a server's answer that is read
)

// pauses are those between attempts; after the last one the alert is lost.
var pauses = []time.Duration{500 * time.Millisecond, 2 * time.Second, 8 * time.Second}

// webhook posts events to a server.
type webhook struct {
	to     *url.URL
	client *http.Client
	pauses []time.Duration
}

func newWebhook(to *url.URL) *webhook {
	return &webhook{to: to, client: &http.Client{Timeout: webhookLimit}, pauses: pauses}
}

// Name leaves out what may be secret in the address.
func (w *webhook) Name() string { return "webhook " + w.to.Scheme + "://" + w.to.Host }

func (w *webhook) Close() error {
	w.client.CloseIdleConnections()
	return nil
}

func (w *webhook) Deliver(ctx context.Context, ev *audit.Event) error {
	line, err := audit.Encode(ev)
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		again, err := w.post(ctx, line)
		if err == nil || !again || attempt == len(w.pauses) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(w.pauses[attempt]):
		}
	}
}

// post makes one attempt, and says whether another one could do better.
func (w *webhook) post(ctx context.Context, line []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.to.String(), bytes.NewReader(line))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "broker")
	answer, err := w.client.Do(request)
	if err != nil {
		// The address is in the error; its path and query may hold a secret.
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return true, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode < 300:
		return false, nil
	case answer.StatusCode >= 500, answer.StatusCode == http.StatusTooManyRequests:
		return true, fmt.Errorf("the server answers %s", answer.Status)
	}
	return false, fmt.Errorf("the server answers %s", answer.Status)
}
