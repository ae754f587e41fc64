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
            reasons.Add($"it is for {Names(named)}, not for {(host is { Length: > 0 } ? host : "this address")}");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null)
        {
            reasons.AddRange(
                chain.ChainElements
                    .SelectMany((element, depth) => element.ChainElementStatus.Select(status => Describe(status.Status, element, depth, chain))));
        }

        return reasons.Count > 0 ? Words.OneLine(string.Join("; ", reasons.Distinct(StringComparer.Ordinal))) : "this machine does not say why";
    }

    private static string Describe(X509ChainStatusFlags status, X509ChainElement element, int depth, X509Chain chain)
    {
        X509Certificate2 certificate = element.Certificate;
        string it = depth == 0 ? "it" : $"its issuer '{certificate.Subject}'";
        return status switch
        {
            X509ChainStatusFlags.NotTimeValid when certificate.NotBefore.ToUniversalTime() > TimeProvider.System.GetUtcNow().UtcDateTime =>
                $"{it} is not valid before {Date(certificate.NotBefore)}",
            X509ChainStatusFlags.NotTimeValid => $"{it} expired on {Date(certificate.NotAfter)}",
            X509ChainStatusFlags.NotValidForUsage => $"{it} may not be used for a server",
            X509ChainStatusFlags.UntrustedRoot when chain.ChainElements.Count == 1 => "it is self-signed and not among those that are trusted here",
            X509ChainStatusFlags.UntrustedRoot => $"its root '{certificate.Subject}' is not trusted here",
            X509ChainStatusFlags.PartialChain =>
                $"its issuer '{chain.ChainElements[^1].Certificate.Issuer}' is missing: the node does not send it, and it is not known here",
            X509ChainStatusFlags.NotSignatureValid => $"the signature of {(depth == 0 ? "it" : $"'{certificate.Subject}'")} is wrong",
            X509ChainStatusFlags.Revoked => $"{it} is revoked",
            X509ChainStatusFlags.InvalidBasicConstraints => $"{it} may not issue certificates",
            _ => $"{it} fails the check {status}",
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
