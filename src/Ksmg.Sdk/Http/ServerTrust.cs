using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>
/// Which certificate a node may present. There is no way to switch the check off. What a node leaves out between its certificate and the root
/// (an intermediate authority) is not fetched from where the certificate says: the node has to send it.
/// </summary>
public sealed class ServerTrust
{
    private const string Prefix = "sha256:";

    private readonly X509Certificate2[] _roots = [];
    private readonly string[] _pins = [];

    private ServerTrust()
    {
    }

    private ServerTrust(X509Certificate2[] roots) => _roots = roots;

    private ServerTrust(string[] pins) => _pins = pins;

    /// <summary>What the machine trusts; the host name must match.</summary>
    public static ServerTrust System { get; } = new();

    /// <summary>Only certificates that lead to one of these roots; the host name must match. A self-signed certificate is its own root.</summary>
    /// <param name="roots">The roots; must stay undisposed while the cluster is in use.</param>
    public static ServerTrust CustomRoots(params X509Certificate2[] roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        return roots.Length > 0 ? new ServerTrust([.. roots]) : throw new ArgumentException("At least one root is needed.", nameof(roots));
    }

    /// <summary>As <see cref="CustomRoots"/>, with the roots read from a PEM file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FormatException">There is no certificate in the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ServerTrust CustomRootsFile(string path)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            throw new FormatException(Words.Get("certificate.roots-damaged", path, e.Message), e);
        }

        return roots.Count > 0 ? new ServerTrust([.. roots]) : throw new FormatException(Words.Get("certificate.roots-none", path));
    }

    /// <summary>
    /// Exactly these certificates and nothing else. The fingerprint identifies the certificate itself, as an SSH host key does, so
    /// neither the names in it (an appliance reached by IP address has others) nor its dates or its issuer matter.
    /// </summary>
    /// <param name="fingerprints">SHA-256 of the certificate in DER, hex, with or without <c>sha256:</c> and colons; any one suffices.</param>
    /// <exception cref="FormatException">A fingerprint is malformed.</exception>
    public static ServerTrust Pinned(params string[] fingerprints)
    {
        ArgumentNullException.ThrowIfNull(fingerprints);
        return fingerprints.Length > 0
            ? new ServerTrust(Array.ConvertAll(fingerprints, Normalize))
            : throw new FormatException(Words.Get("certificate.no-fingerprint"));
    }

    /// <summary>The fingerprint of a certificate as this SDK writes it: <c>sha256:</c> and 64 lower-case hex digits.</summary>
    /// <param name="certificate">The certificate.</param>
    public static string FingerprintOf(X509Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Prefix + Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));
    }

    /// <summary>How a client checks the certificate; it still has to say which host it means.</summary>
    /// <param name="other">What else is trusted at that moment where certificates are pinned, as the fingerprint of it.</param>
    internal SslClientAuthenticationOptions CreateSslOptions(Func<string?>? other = null)
    {
        // The policy, not a chain built in the callback, decides: so the host name is still checked by the platform.
        X509ChainPolicy policy = CreatePolicy(X509RevocationMode.NoCheck);
        if (_roots.Length > 0 || _pins.Length > 0)
        {
            // With pins nobody's roots count.
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_roots);
        }

        return new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = (connection, certificate, chain, errors) =>
                Accept(certificate, chain, errors, (connection as SslStream)?.TargetHostName, other?.Invoke()),

            // Said, not left to the machine: a node of an older version then hears so, and not that no cipher is in common.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,

            // A resumed session shows the certificate of the first one: a node that changed its own would not be noticed.
            AllowTlsResume = false,
        };
    }

    /// <summary>
    /// Fetches no issuer: a certificate names the places where that can be had, and a stranger's would have this machine ask wherever it can reach.
    /// </summary>
    internal static X509ChainPolicy CreatePolicy(X509RevocationMode revocation) => new()
    {
        RevocationMode = revocation,
        DisableCertificateDownloads = true,
    };

    private static string Normalize(string fingerprint) => Prefix + FingerprintText.Parse(fingerprint);

    /// <summary>The decision, for clients that take a callback of their own shape.</summary>
    /// <exception cref="CertificateRefusedException">It is refused, and why.</exception>
    internal bool Accept(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, string? host, string? other = null)
    {
        if (certificate is null)
        {
            throw new CertificateRefusedException(Words.Get("certificate.not-presented"), null, _pins);
        }

        string presented = FingerprintOf(certificate);
        if (_pins.Length > 0)
        {
            return _pins.Contains(presented) || presented == other
                ? true
                : throw new CertificateRefusedException(
                    Words.Get("certificate.other-than-pinned", presented, string.Join(Words.Get("certificate.or"), _pins)), presented, _pins);
        }

        return errors == SslPolicyErrors.None
            ? true
            : throw new CertificateRefusedException(
                Words.Get("certificate.untrusted", presented, Words.OneLine(certificate.Subject), CertificateFault.Describe(certificate, chain, errors, host)),
                presented,
                _pins);
    }
}

/// <summary>Carries what was presented out of the handshake.</summary>
internal sealed class CertificateRefusedException(string message, string? presented, IReadOnlyList<string> expected) : AuthenticationException(message)
{
    public string? Presented { get; } = presented;

    public IReadOnlyList<string> Expected { get; } = expected;
}
