/** What stands between this machine and a registry, as far as what npm or pip wrote names it. */
const causes: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  {
    pattern: /ENOSPC|No space left on device|EDQUOT|Disk quota exceeded/i,
    remedy: 'The disk is full: make room, or set XDG_CACHE_HOME to a folder on another disk.',
  },
  {
    // not the word alone, which npm writes after every failure of the network
    pattern: /ProxyError|tunneling socket|Proxy response|Proxy Authentication|(connect|connection) to proxy/i,
    remedy: 'The proxy does not let it through: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
  },
  {
    pattern: /invalid json|Unexpected token '?</i,
    remedy:
      'What answers is no registry, but perhaps the log-in page of a network: open it in a browser, or configure another registry.',
  },
  {
    pattern: /CERT_|certificate|SSLError|self.signed/i,
    remedy:
      'The certificate is not trusted: name the one of your network (NODE_EXTRA_CA_CERTS for npm, PIP_CERT for pip).',
  },
  {
    pattern: /\bE40[13]\b|\b40[13] (Client Error|Unauthorized|Forbidden)/,
    remedy: 'The registry refuses access: check the account or the registry that is configured.',
  },
];

/** The remedy for a failed download: that of the cause which the output names, otherwise the general one. */
export function downloadRemedy(output: string, general: string): string {
  return causes.find(({ pattern }) => pattern.test(output))?.remedy ?? general;
}
