namespace Ksmg.Sdk;

/// <summary>Where the trust in a server comes from, as configured: pinned fingerprints, separated by commas, or a file with roots.</summary>
internal readonly record struct TrustSource(string? Fingerprint, string? RootsFile)
{
    /// <summary>What is wrong with it, or <see langword="null"/>.</summary>
    public string? Mistake
    {
        get
        {
            if (Fingerprint is { Length: > 0 } && RootsFile is { Length: > 0 })
            {
                return Words.Get("setting.two-trusts");
            }

            try
            {
                Resolve();
                return null;
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                return e.Message;
            }
        }
    }

    /// <summary>
    /// What speaks to a server that this trust is about, or the machine's store where none is configured, and to no other one: a redirect would take
    /// what is sent, and the token in an address or a header, somewhere else.
    /// </summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        SslOptions = (Resolve() ?? ServerTrust.System).CreateSslOptions(),
    };

    /// <summary>The trust; <see langword="null"/> where none is configured.</summary>
    public ServerTrust? Resolve() =>
        Fingerprint is { Length: > 0 } pins ? ServerTrust.Pinned(pins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        : RootsFile is { Length: > 0 } file ? ServerTrust.CustomRootsFile(file)
        : null;
}
