"""Configs to start from."""

from alertd.model import Source

SMALLEST = """\
mycirrus: {api_key: k}
receivers: [{name: team, targets: [{name: mail, url: "json://127.0.0.1"}]}]
route: {receiver: team}
"""

ALL_OFF = f"poll: {dict.fromkeys(map(str, Source), 'off')}\n"

WHOLE = """\
mycirrus:
  base_url: https://api.mycirrus.cloud/v1
  api_key: {env: MYCIRRUS_API_KEY}
  timeout: 10s
  max_requests_per_minute: 120
  batch_size: 50
  array_style: repeat
instruments:
  discover: true
  include: ["QT*"]
  exclude: []
  labels:
    QT123456: {site: Quarry A, power: battery, timezone: Europe/London}
poll:
  status: 1m
  current: 30s
  sic: 5m
  calibration_log: off
rules: [rules/*.yaml]
templates: templates
receivers:
  - name: field-team
    targets:
      - {name: field-mail, url: {credential: field_mail_url}}
      - {name: field-slack, url: {file: slack}, timeout: 5s}
route:
  receiver: field-team
  group_by: [alertname, site]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - matchers: ['severity="critical"']
      receiver: field-team
      continue: true
      routes:
        - matchers: ['power=~"battery|solar"']
inhibit_rules: []
time_intervals: []
storage:
  url: sqlite:///alertd.db
  retention: 90d
http:
  listen: 127.0.0.1:9321
  external_url: https://alertd.example.com/
heartbeat: {url: https://hc.example.com/ping/x, every: 1m}
logging: {level: info, format: console}
"""
