# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, driven through chromedriver (WebDriver over HTTP), with nothing but the standard library."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'


class BrowserError(Exception):
    pass


def missing():
    """What is not installed; '' when all is."""
    driver = shutil.which('chromedriver')
    chromium = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    return '' if driver and chromium else 'chromium and chromium-driver'


class Browser:
    def __init__(self, width=1400, height=860):
        self.profile = tempfile.mkdtemp(prefix='ulk-browser-')
        self.session = None
        self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        try:
            self.port = self._port()
            self._start(width, height)
        except BaseException:
            self.close()
            raise

    def _port(self):
        for line in self.driver.stdout:
            found = re.search(r'started successfully on port (\d+)', line)
            if found:
                return int(found.group(1))
        raise BrowserError('chromedriver did not start')

    def _start(self, width, height):
        args = ['--headless=new', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage', '--force-device-scale-factor=1',
                '--user-data-dir=' + self.profile] + (['--no-sandbox'] if os.geteuid() == 0 else [])
        found = self.call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': {'args': args, 'binary': shutil.which('chromium') or
                                                            shutil.which('chromium-browser') or shutil.which('google-chrome')},
            'goog:loggingPrefs': {'browser': 'ALL'}}}})
        self.session = '/session/' + found['sessionId']
        self.cdp('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)

    def call(self, method, path, body=None):
        request = urllib.request.Request('http://127.0.0.1:%d%s' % (self.port, path), method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={'Content-Type': 'application/json'})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as reply:
                return json.load(reply)['value']
        except urllib.error.HTTPError as e:
            raise BrowserError('%s %s: %s' % (method, path, e.read().decode(errors='replace')[:400])) from e

    def do(self, method, path, body=None):
        return self.call(method, self.session + path, body)

    def cdp(self, command, **params):
        return self.do('POST', '/goog/cdp/execute', {'cmd': command, 'params': params})

    def open(self, path):
        self.do('POST', '/url', {'url': 'file://' + os.path.abspath(path)})

    def js(self, script, *args):
        """The value of a function's body."""
        return self.do('POST', '/execute/sync', {'script': script, 'args': list(args)})

    def until(self, script, *args, seconds=10):
        """Wait for a body to return something true; that."""
        end = time.monotonic() + seconds
        while True:
            value = self.js(script, *args)
            if value:
                return value
            if time.monotonic() > end:
                raise BrowserError('never true: ' + script)
            time.sleep(0.02)

    def settle(self):
        """The page draws what has changed with the next frame: wait until it has, or a click may meet what was there before."""
        self.do('POST', '/execute/async', {'script': 'const done = arguments[0];'
                                           'requestAnimationFrame(() => requestAnimationFrame(() => done()))', 'args': []})

    def text(self, selector):
        return self.js('return document.querySelector(arguments[0]).textContent', selector)

    def element(self, selector):
        return self.do('POST', '/element', {'using': 'css selector', 'value': selector})[ELEMENT]

    def click(self, selector):
        self.settle()
        self.do('POST', '/element/%s/click' % self.element(selector), {})
        self.settle()

    def type(self, selector, text):
        self.do('POST', '/element/%s/value' % self.element(selector), {'text': text})
        self.settle()

    def keys(self, *keys):
        actions = [{'type': kind, 'value': key} for key in keys for kind in ('keyDown', 'keyUp')]
        self.do('POST', '/actions', {'actions': [{'type': 'key', 'id': 'keys', 'actions': actions}]})
        self.settle()

    def pointer(self, *actions):
        self.do('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': list(actions)}]})

    def point(self, selector, right, down):
        """Screen coordinates of a place in an element, as parts of its size."""
        return self.js('const b = document.querySelector(arguments[0]).getBoundingClientRect();'
                       'return [Math.round(b.left + b.width * arguments[1]), Math.round(b.top + b.height * arguments[2])]',
                       selector, right, down)

    def move(self, selector, right, down):
        x, y = self.point(selector, right, down)
        self.pointer({'type': 'pointerMove', 'x': x, 'y': y, 'duration': 0})

    def click_at(self, selector, right, down):
        self.move(selector, right, down)
        self.settle()
        self.pointer({'type': 'pointerDown', 'button': 0}, {'type': 'pointerUp', 'button': 0})
        self.settle()

    def wheel(self, selector, right, down, delta):
        x, y = self.point(selector, right, down)
        self.do('POST', '/actions', {'actions': [{'type': 'wheel', 'id': 'wheel', 'actions': [
            {'type': 'scroll', 'x': x, 'y': y, 'deltaX': 0, 'deltaY': delta, 'duration': 0}]}]})

    def complaints(self):
        """What the page logged as errors."""
        return [entry['message'] for entry in self.do('POST', '/se/log', {'type': 'browser'}) if entry['level'] == 'SEVERE']

    def screenshot(self, path):
        with open(path, 'wb') as out:
            out.write(base64.b64decode(self.do('GET', '/screenshot')))

    def close(self):
        try:
            if self.session:
                self.call('DELETE', self.session)
        except (BrowserError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait(timeout=10)
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
