using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Http;

/// <summary>
/// Passwords as people keep them. What cannot be a password (the wrong encoding, nothing, what no keyboard has) is refused by the name of
/// its source before a login is spent on it. No message repeats it.
/// </summary>
internal static class PasswordText
{
    private const int MaxBytes = 4096;

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
                throw new KsmgException($"{option}: {path} is larger than {MaxBytes} bytes; it must hold nothing but the password.");
            }

            bytes = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException($"{option}: {path} cannot be read: {e.Message}", e);
        }

        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new KsmgException($"{option}: {path} is in UTF-16; save it as UTF-8.");
        }

        string text;
        try
        {
            text = Strict.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsSpan(3) : bytes);
        }
        catch (DecoderFallbackException)
        {
            // Not the cause: it quotes bytes of the password.
            throw new KsmgException($"{option}: {path} is not in UTF-8 (perhaps in a code page such as windows-1251); save it as UTF-8.");
        }

        return Check(text.TrimEnd('\r', '\n'), $"{option}: the password in {path}");
    }

    /// <summary>The password in an environment variable.</summary>
    /// <exception cref="KsmgException">It is not set, or holds no password.</exception>
    public static string FromEnvironment(string option, string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } password
            ? Check(password, $"{option}: the password in the environment variable {variable}")
            : throw new KsmgException($"{option}: the environment variable {variable} is not set.");

    /// <summary>The password itself, if it can be one.</summary>
    /// <param name="password">What was given.</param>
    /// <param name="source">What it is, for the message.</param>
    /// <exception cref="KsmgException">It cannot be one.</exception>
    public static string Check(string? password, string source)
    {
        if (string.IsNullOrWhiteSpace(password))
        {
            throw new KsmgException($"{source} is empty; no login is tried with it.");
        }

        int position = 0;
        foreach (Rune rune in password.EnumerateRunes())
        {
            position++;
            if (Mistake(rune) is { } mistake)
            {
                throw new KsmgException(
                    $"{source} has {mistake} as its character {position}, which nobody types; no login is tried with it. Look at how it was saved.");
            }
        }

        return password;
    }

    private static string? Mistake(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control when rune.Value is '\r' or '\n' => "a line break",
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => $"U+{rune.Value:X4}",
        UnicodeCategory.SpaceSeparator when rune.Value != ' ' => $"a space that is none (U+{rune.Value:X4})",
        _ => rune == Rune.ReplacementChar ? "U+FFFD, what is left of a character in another encoding," : null,
    };
}
