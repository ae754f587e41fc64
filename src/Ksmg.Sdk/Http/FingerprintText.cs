namespace Ksmg.Sdk;

/// <summary>Fingerprints of certificates as people paste them: from openssl, a browser, a dialog of Windows.</summary>
internal static class FingerprintText
{
    private static string Command => Words.Get("fingerprint.command");
    private const int Sha256Digits = 64;

    /// <summary>The 64 lower-case hex digits.</summary>
    /// <exception cref="FormatException">It is something else; the message says what.</exception>
    public static string Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // What cannot be seen comes along when text is copied from a dialog or a page.
        string visible = string.Concat(text.Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c)
            && char.GetUnicodeCategory(c) is not System.Globalization.UnicodeCategory.Format));
        string hex = WithoutLabel(visible).Replace(":", string.Empty, StringComparison.Ordinal).Replace("-", string.Empty, StringComparison.Ordinal);
        if (hex.Length > 0 && hex.All(char.IsAsciiHexDigit))
        {
            return hex.Length == Sha256Digits ? hex.ToLowerInvariant() : throw Wrong(text, hex.Length switch
            {
                32 => Words.Get("fingerprint.md5"),
                40 => Words.Get("fingerprint.sha1"),
                96 => Words.Get("fingerprint.sha384"),
                128 => Words.Get("fingerprint.sha512"),
                _ => Words.Get("fingerprint.length", hex.Length, Sha256Digits),
            });
        }

        throw Wrong(text, visible switch
        {
            "" => Words.Get("fingerprint.empty"),
            _ when visible.Contains("BEGIN", StringComparison.Ordinal) => Words.Get("fingerprint.certificate"),
            _ when IsKeyPin(visible) => Words.Get("fingerprint.public-key"),
            _ => Words.Get("fingerprint.not-hex", Sha256Digits, Stranger(hex)),
        });
    }

    /// <summary>Takes away <c>sha256:</c>, <c>SHA-256:</c>, and openssl's <c>sha256 Fingerprint=</c>.</summary>
    private static string WithoutLabel(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string rest = equals > 0 && text[..equals].EndsWith("fingerprint", StringComparison.OrdinalIgnoreCase) ? text[(equals + 1)..] : text;
        foreach (string label in (string[])["sha256", "sha-256"])
        {
            if (rest.StartsWith(label, StringComparison.OrdinalIgnoreCase))
            {
                return rest[label.Length..];
            }
        }

        return rest;
    }

    /// <summary>32 bytes in base64, as <c>curl --pinnedpubkey</c> and <c>ssh-keygen -l</c> write them.</summary>
    private static bool IsKeyPin(string text)
    {
        string base64 = text.StartsWith("sha256", StringComparison.OrdinalIgnoreCase) ? text["sha256".Length..].TrimStart(':', '/') : text;
        return base64.TrimEnd('=').Length == 43 && Convert.TryFromBase64String(base64.TrimEnd('=') + "=", new byte[32], out int bytes) && bytes == 32;
    }

    private static string Stranger(string hex) => hex.FirstOrDefault(c => !char.IsAsciiHexDigit(c)) is var c && c != default
        ? Words.Get("fingerprint.stranger", c, (int)c)
        : string.Empty;

    private static FormatException Wrong(string text, string what) =>
        new(Words.Get("fingerprint.wrong", SectionMistakes.Show(text), what, Command));
}
