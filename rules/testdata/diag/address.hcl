allow "hosts" {
  access  = ["connect"]
  address = [
    "", "/run/x.sock", "https://www.example.com/", "*.example.com:443", "bücher.example:80", "-a.example", "a..b:1",
    "10.0.0.1/8", "256.1.1.1", "10.0.1", "010.0.0.1:80", "10.0.0.0/33", "host/24",
    "::1", "2001:db8::1:443", "[::1", "[::1]443", "[::1]/64:80", "[fe80::1%eth0]:1", "[::ffff:10.0.0.1]:80",
    "[2001:db8::1/32]", "[10.0.0.1]:80", "[]:80",
  ]
}

allow "ports" {
  access  = ["connect", "bind"]
  address = [
    "*:http", "*:", "*:65536", "*:9000-8000", "*:80-", "*:080", "*:{80,443", "*:80}", "*:-1", "tcp:80", "*:{80,}",
  ]
}

allow "others" {
  access  = ["connect"]
  address = [
    "unix:", "unix:run/x", "unix:/run/../x", "unix:/run/", "unix:@a**", "{unix:/a,unix:/b}", "unix:@[a]",
    "vsock:", "vsock:a", "vsock:1:2:3", "netlink:rout", "netlink:300", "packet:eth0",
  ]
}

allow "no address" {
  access = ["connect"]
}

allow "empty" {
  access  = ["connect"]
  address = []
}

allow "files" {
  access  = ["read"]
  path    = ["/a"]
  address = ["*:80"]
}

allow "path" {
  access = ["bind"]
  path   = ["/run/x.sock"]
}

allow "half" {
  access = ["create", "bind"]
  path   = ["/run/x.sock"]
}

emulate "content" {
  access  = ["connect"]
  address = ["*:80"]
  content = "x"
}

deny "except" {
  access  = ["connect"]
  address = ["*"]
  except  = ["/run/x", "10.0.0.0/8"]
}

deny "type" {
  access  = ["connect"]
  address = "*"
  adress  = ["*"]
}
