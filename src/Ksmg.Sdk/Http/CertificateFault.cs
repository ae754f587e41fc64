using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Http;

/// <summary>Says what is wrong with a certificate: every reason, with the names and dates that matter.</summary>
internal static class CertificateFault
{
    public static string Describe(X509Certificate certificate, X509Chain? chain, SslPolicyErrors errors, string? host)
    {
        List<string> reasons = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            using X509Certificate2 named = new(certificate);
            reasons.Add(Words.Get("certificate.other-host", Names(named), host is { Length: > 0 } ? host : Words.Get("certificate.this-address")));
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null)
        {
            reasons.AddRange(
                chain.ChainElements
                    .SelectMany((element, depth) => element.ChainElementStatus.Select(status => Describe(status.Status, element, depth, chain))));
        }

        return reasons.Count > 0 ? Words.OneLine(string.Join("; ", reasons.Distinct(StringComparer.Ordinal))) : Words.Get("certificate.no-reason");
    }

    private static string Describe(X509ChainStatusFlags status, X509ChainElement element, int depth, X509Chain chain)
    {
        X509Certificate2 certificate = element.Certificate;
        string it = depth == 0 ? Words.Get("certificate.it") : Words.Get("certificate.issuer", certificate.Subject);
        return status switch
        {
            X509ChainStatusFlags.NotTimeValid when certificate.NotBefore.ToUniversalTime() > TimeProvider.System.GetUtcNow().UtcDateTime =>
                Words.Get("certificate.not-yet", it, Date(certificate.NotBefore)),
            X509ChainStatusFlags.NotTimeValid => Words.Get("certificate.expired", it, Date(certificate.NotAfter)),
            X509ChainStatusFlags.NotValidForUsage => Words.Get("certificate.not-for-servers", it),
            X509ChainStatusFlags.UntrustedRoot when chain.ChainElements.Count == 1 => Words.Get("certificate.self-signed"),
            X509ChainStatusFlags.UntrustedRoot => Words.Get("certificate.root-untrusted", certificate.Subject),
            X509ChainStatusFlags.PartialChain =>
                Words.Get("certificate.issuer-missing", chain.ChainElements[^1].Certificate.Issuer),
            X509ChainStatusFlags.NotSignatureValid => Words.Get("certificate.signature", depth == 0 ? Words.Get("certificate.it") : $"'{certificate.Subject}'"),
            X509ChainStatusFlags.Revoked => Words.Get("certificate.revoked", it),
            X509ChainStatusFlags.InvalidBasicConstraints => Words.Get("certificate.no-authority", it),
            _ => Words.Get("certificate.fails", it, status),
        };
    }

    private static string Names(X509Certificate2 certificate)
    {
        string[] names =
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString()))),
        ];
        return names.Length > 0 ? string.Join(", ", names) : certificate.Subject;
    }

    private static string Date(DateTime date) => date.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
