namespace Ksmg.Sdk;

/// <summary>Fingerprints of certificates as people paste them: from openssl, a browser, a dialog of Windows.</summary>
internal static class FingerprintText
{
    private const string Command = "'openssl x509 -noout -fingerprint -sha256' prints it";
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
                32 => "is an MD5 fingerprint",
                40 => "is a SHA-1 fingerprint",
                96 => "is a SHA-384 fingerprint",
                128 => "is a SHA-512 fingerprint, or two fingerprints without a comma between them",
                _ => $"is not a SHA-256 fingerprint: it has {hex.Length} hex digits instead of {Sha256Digits}",
            });
        }

        throw Wrong(text, visible switch
        {
            "" => "is not a SHA-256 fingerprint: it is empty",
            _ when visible.Contains("BEGIN", StringComparison.Ordinal) => "is not a SHA-256 fingerprint but the certificate itself, or a key",
            _ when IsKeyPin(visible) => "is a pin of the public key, or of an SSH key, and not the fingerprint of the certificate",
            _ => $"is not a SHA-256 fingerprint: {Sha256Digits} hex digits are expected{Stranger(hex)}",
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
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", '{c}' (U+{(int)c:X4}) is none")
        : string.Empty;

    private static FormatException Wrong(string text, string what) =>
        new($"'{SectionMistakes.Show(text)}' {what}. The SHA-256 fingerprint of the certificate is asked for; {Command}.");
}
