package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
)

// textFile is a file of a package.
type textFile struct{ name, text string }

// wheel packs a pure Python package: PEP 427.
func wheel(t *testing.T, name, requires string, entries string, files ...textFile) []byte {
	t.Helper()
	info := name + "-1.0.dist-info/"
	metadata := "Metadata-Version: 2.1\nName: " + name + "\nVersion: 1.0\nSummary: of the test\n"
	if requires != "" {
		metadata += "Requires-Dist: " + requires + "\n"
	}
	files = append(files,
		textFile{info + "METADATA", metadata},
		textFile{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		textFile{info + "entry_points.txt", entries},
	)
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.text))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.text))
	}
	files = append(files, textFile{info + "RECORD", record.String() + info + "RECORD,,\n"})
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: fixedTime}
		h.SetMode(0o644)
		part, err := z.CreateHeader(h)
		if err == nil {
			_, err = part.Write([]byte(f.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// serveIndex is a Python package index with two packages: PEP 503.
func serveIndex(t *testing.T, w *workspace) func() string {
	t.Helper()
	wheels := map[string][]byte{
		"shop": wheel(t, "shop", "scales", "[console_scripts]\nshop = shop:main\n",
			textFile{"shop/__init__.py", "import scales\ndef total(): return scales.weigh(2, 3)\ndef main(): print('a shop', total())\n"}),
		"scales": wheel(t, "scales", "", "", textFile{"scales.py", "def weigh(*a): return sum(a)\n"}),
	}
	mux := http.NewServeMux()
	for name, content := range wheels {
		file := name + "-1.0-py3-none-any.whl"
		mux.HandleFunc("/simple/"+name+"/", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(rw, "<!DOCTYPE html><a href=\"/files/%s#sha256=%x\">%s</a>", file, sha256.Sum256(content), file)
		})
		mux.HandleFunc("/files/"+file, func(rw http.ResponseWriter, r *http.Request) {
			http.ServeContent(rw, r, file, fixedTime, bytes.NewReader(content))
		})
	}
	heard := new(heardLog)
	w.env = append(w.env, "INDEX_PORT="+serveHTTP(t, heard.handler(mux), "tcp4", "127.0.0.1:0"))
	return heard.take
}

// tarball packs a package for npm.
func tarball(t *testing.T, files ...textFile) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	a := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: "package/" + f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: fixedTime, Format: tar.FormatUSTAR}
		if err := a.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// manifest is a package.json, and what a registry says of one version.
type manifest struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Main         string            `json:"main"`
	Bin          map[string]string `json:"bin,omitempty"`
	Scripts      map[string]string `json:"scripts,omitempty"`
	Dependencies map[string]string `json:"dependencies,omitempty"`
	Dist         *dist             `json:"dist,omitempty"`
	// Without it a registry says that no script runs at installation.
	HasInstallScript bool `json:"hasInstallScript,omitempty"`
}

type dist struct {
	Tarball   string `json:"tarball"`
	Integrity string `json:"integrity"`
}

// npmPackages are what the registry has: one that needs the other, brings a
// command and runs a script when it is installed.
var npmPackages = []struct {
	manifest manifest
	code     string
}{
	{
		manifest{
			Name: "shop", Version: "1.0.0", Main: "main.js", Bin: map[string]string{"shop": "main.js"},
			Scripts:          map[string]string{"postinstall": "node -e 'require(\"fs\").writeFileSync(\"installed\", \"yes\\n\")'"},
			Dependencies:     map[string]string{"scales": "^1.0.0"},
			HasInstallScript: true,
		},
		"#!/usr/bin/env node\nexports.total = () => require('scales').weigh(2, 3);\nif (require.main === module) console.log('a shop', exports.total());\n",
	},
	{
		manifest{Name: "scales", Version: "1.2.0", Main: "main.js"},
		"exports.weigh = (...a) => a.reduce((x, y) => x + y, 0);\n",
	},
}

// serveRegistry is a registry for npm.
func serveRegistry(t *testing.T, w *workspace) func() string {
	t.Helper()
	mux := http.NewServeMux()
	for _, p := range npmPackages {
		inside, err := json.Marshal(p.manifest)
		if err != nil {
			t.Fatal(err)
		}
		content := tarball(t, textFile{"package.json", string(inside)}, textFile{"main.js", p.code})
		file := path.Join("/", p.manifest.Name, "-", p.manifest.Name+"-"+p.manifest.Version+".tgz")
		mux.HandleFunc("/"+p.manifest.Name, func(rw http.ResponseWriter, r *http.Request) {
			sum := sha512.Sum512(content)
			one := p.manifest
			one.Dist = &dist{"http://" + r.Host + file, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])}
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(map[string]any{
				"name": one.Name, "dist-tags": map[string]string{"latest": one.Version},
				"versions": map[string]any{one.Version: one},
			})
		})
		mux.HandleFunc(file, func(rw http.ResponseWriter, r *http.Request) {
			http.ServeContent(rw, r, "package.tgz", fixedTime, bytes.NewReader(content))
		})
	}
	heard := new(heardLog)
	w.env = append(w.env, "REGISTRY_PORT="+serveHTTP(t, heard.handler(mux), "tcp4", "127.0.0.1:0"))
	return heard.take
}
