using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Certificates of authorities, and what these say of a server on this machine.</summary>
internal static class IssuedCertificate
{
    /// <param name="subject">Of whom it is.</param>
    /// <param name="issuer">Who says so; <see langword="null"/>: nobody else.</param>
    /// <param name="ca">Whether it is an authority's.</param>
    /// <param name="from">The days from now until it is valid.</param>
    /// <param name="to">The days from now until it expires.</param>
    /// <param name="usage">What a server's may be used for.</param>
    /// <param name="place">Where its issuer, and what is revoked, can be fetched, as it says; <see langword="null"/>: it says nothing of that.</param>
    public static X509Certificate2 Make(
        string subject, X509Certificate2? issuer, bool ca = false, int from = -10, int to = 10, string usage = "1.3.6.1.5.5.7.3.1", string? place = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(ca, false, 0, critical: true));
        if (!ca)
        {
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        }

        if (place is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([$"{place}/ocsp"], [$"{place}/issuer.cer"]));
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([$"{place}/revoked.crl"]));
        }

        using X509Certificate2 made = Sign(request, key, issuer, ca, from, to);

        // Through PKCS#12, so that the key is usable by the server on every platform.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 Sign(CertificateRequest request, ECDsa key, X509Certificate2? issuer, bool ca, int from, int to)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(ca ? -30 : from), now.AddDays(ca ? 30 : to));
        }

        DateTimeOffset begins = new(issuer.NotBefore);
        using X509Certificate2 signed = request.Create(
            issuer,
            now.AddDays(ca ? -30 : from) < begins ? begins : now.AddDays(ca ? -29 : from),
            now.AddDays(ca ? 29 : to),
            Guid.NewGuid().ToByteArray());
        return signed.CopyWithPrivateKey(key);
    }
}
