using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Http;

/// <summary>
/// Passwords as people keep them. What cannot be a password (the wrong encoding, nothing, what no keyboard has) is refused by the name of
/// its source before a login is spent on it. No message repeats it.
/// </summary>
internal static class PasswordText
{
    /// <summary>What is longer is none.</summary>
    public const int MaxBytes = 4096;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The password of a file in UTF-8, with or without a byte-order mark; line ends at its end are ignored.</summary>
    /// <exception cref="KsmgException">The file cannot be read, or holds no password.</exception>
    public static async Task<string> FromFileAsync(string option, string path, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new KsmgException(Words.Get("password.too-large", option, path, MaxBytes));
            }

            bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException(Words.Get("password.unreadable", option, path, e.Message), e);
        }

        return Read(option, path, bytes);
    }

    /// <summary>The password in what was read, in UTF-8, with or without a byte-order mark; line ends at its end are ignored.</summary>
    /// <param name="option">The setting.</param>
    /// <param name="place">Where it was read, for the message.</param>
    /// <param name="bytes">What was read.</param>
    /// <exception cref="KsmgException">It holds no password.</exception>
    public static string Read(string option, string place, ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new KsmgException(Words.Get("password.utf16", option, place));
        }

        string text;
        try
        {
            text = Strict.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            // Not the cause: it quotes bytes of the password.
            throw new KsmgException(Words.Get("password.not-utf8", option, place));
        }

        return Check(text.TrimEnd('\r', '\n'), Words.Get("password.of-file", option, place));
    }

    /// <summary>The password in an environment variable.</summary>
    /// <exception cref="KsmgException">It is not set, or holds no password.</exception>
    public static string FromEnvironment(string option, string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } password
            ? Check(password, Words.Get("password.of-variable", option, variable))
            : throw new KsmgException(Words.Get("password.no-variable", option, variable));

    /// <summary>The password itself, if it can be one.</summary>
    /// <param name="password">What was given.</param>
    /// <param name="source">What it is, for the message.</param>
    /// <exception cref="KsmgException">It cannot be one.</exception>
    public static string Check(string? password, string source)
    {
        if (string.IsNullOrWhiteSpace(password))
        {
            throw new KsmgException(Words.Get("password.empty", source));
        }

        int position = 0;
        foreach (Rune rune in password.EnumerateRunes())
        {
            position++;
            if (Mistake(rune) is { } mistake)
            {
                throw new KsmgException(
                    Words.Get("password.odd-character", source, mistake, position));
            }
        }

        return password;
    }

    private static string? Mistake(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control when rune.Value is '\r' or '\n' => Words.Get("password.line-break"),
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => $"U+{rune.Value:X4}",
        UnicodeCategory.SpaceSeparator when rune.Value != ' ' => Words.Get("password.odd-space", rune.Value),
        _ => rune == Rune.ReplacementChar ? Words.Get("password.replacement") : null,
    };
}
