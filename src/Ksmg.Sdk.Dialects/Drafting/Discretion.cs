using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Dialects;

/// <summary>
/// What of a recording may be written down. Two nets: what was a cookie, a token, a password or a person's name there is known by its
/// value, and what merely looks like one is not written either: only what looks like a name in a program is.
/// </summary>
internal sealed partial class Discretion
{
    private const int LongEnoughToFind = 6;
    private const int ShortestSecret = 4;
    private const int Longest = 64;

    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    private readonly HashSet<string> _persons = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether values of that name are secret.</summary>
    public static bool IsSecretName(string name) => SecretName().IsMatch(name);

    public static bool IsPersonName(string name) => PersonName().IsMatch(name);

    /// <summary>Remembers a value under the name it had, if it is one that must not be written.</summary>
    public void Look(string name, string? value)
    {
        if (IsSecretName(name))
        {
            // Counts and switches are no secrets, whatever they count.
            AddSecret(value is { Length: >= ShortestSecret } && !bool.TryParse(value, out _) ? value : null);
        }
        else if (IsPersonName(name) && !string.IsNullOrEmpty(value))
        {
            _persons.Add(value);
        }
    }

    public void AddSecret(string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _secrets.Add(value);
            _secrets.Add(Uri.UnescapeDataString(value));
        }
    }

    /// <summary>Whether a value is known as a secret or a person's.</summary>
    public bool Knows(string text) => _persons.Contains(text)
        || _secrets.Any(secret => text == secret || (secret.Length >= LongEnoughToFind && text.Contains(secret, StringComparison.Ordinal)));

    public bool MayWrite(string text) =>
        text.Length <= Longest && Plain().IsMatch(text) && !Random().IsMatch(text) && !Knows(text);

    [GeneratedRegex(
        "pass(word|wd|phrase)?|secret|token|cookie|session|credential|auth(?!or)|xsrf|csrf|api.?key|private.?key|signature|otp|^pin$",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex SecretName();

    [GeneratedRegex(
        "^(user|account|login).?(name|id)?$|mail|sender|recipient|^from$|^to$|person|full.?name|first.?name|last.?name|display.?name|phone",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex PersonName();

    /// <summary>A name in a program, or a word of it.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_$][A-Za-z0-9_.$-]*\z", RegexOptions.None, 1000)]
    private static partial Regex Plain();

    /// <summary>Letters and digits as nobody names anything.</summary>
    [GeneratedRegex(@"(?=[A-Za-z]*\d)[A-Za-z0-9]{12,}|\d{9,}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-", RegexOptions.None, 1000)]
    private static partial Regex Random();
}
