namespace Ksmg.Web;

/// <summary>What lets somebody in.</summary>
public sealed class KsmgWebToken
{
    /// <summary>Whom it is for: the name under which decisions stand in the journal.</summary>
    public required string Name { get; init; }

    /// <summary>The secret: at least 16 characters, best 32 random bytes in hexadecimal. It never leaves the process.</summary>
    public required string Value { get; init; }

    /// <summary>What they may do. Default: look.</summary>
    public KsmgWebRole Role { get; init; }

    /// <summary>Whether it opens one session and is worth nothing after that. Default: as many as wanted.</summary>
    public bool Once { get; init; }
}
