using System.Net;

namespace Ksmg.Sdk.Http;

/// <summary>What a node says when it refuses a login, in the words of the product: its code first, then its text. Unknown words stay what they are.</summary>
internal static class LoginWords
{
    /// <summary>Codes that say it by themselves alone: in a text the same word may be about something else.</summary>
    private static readonly Dictionary<string, LoginRefusal> Codes = new(StringComparer.Ordinal)
    {
        ["invalidcredentials"] = LoginRefusal.WrongCredentials,
        ["badcredentials"] = LoginRefusal.WrongCredentials,
        ["locked"] = LoginRefusal.LockedOut,
    };

    /// <summary>Parts that stand in a code or a text together, without spaces and in small letters; the first that fits.</summary>
    private static readonly (string[] Parts, LoginRefusal Refusal)[] Texts =
    [
        (["attempt", "exceed"], LoginRefusal.LockedOut),
        (["toomany", "attempt"], LoginRefusal.LockedOut),
        (["account", "locked"], LoginRefusal.LockedOut),
        (["ntlmservers", "available"], LoginRefusal.DirectoryUnavailable),
        (["password", "expire"], LoginRefusal.PasswordExpired),
        (["shouldchange", "password"], LoginRefusal.PasswordReset),
        (["mustchange", "password"], LoginRefusal.PasswordReset),
        (["passwordreset"], LoginRefusal.PasswordReset),
        (["authfailed"], LoginRefusal.WrongCredentials),
    ];

    public static LoginRefusal Read(HttpStatusCode? status, string? code, string text)
    {
        string letters = Letters(code ?? "");
        if (Codes.TryGetValue(letters, out LoginRefusal known))
        {
            return known;
        }

        LoginRefusal refusal = new[] { letters, Letters(text) }.Select(InWords).FirstOrDefault(r => r != LoginRefusal.Unknown);
        return refusal == LoginRefusal.Unknown && status is HttpStatusCode.TooManyRequests or HttpStatusCode.Locked ? LoginRefusal.LockedOut : refusal;
    }

    /// <summary>A refusal as people are told, with what to do.</summary>
    public static string Describe(LoginRefusal refusal, string said) => refusal switch
    {
        LoginRefusal.WrongCredentials => Words.Get("login.wrong", said),
        LoginRefusal.LockedOut =>
            Words.Get("login.locked", said),
        LoginRefusal.PasswordExpired =>
            Words.Get("login.expired", said),
        LoginRefusal.PasswordReset =>
            Words.Get("login.reset", said),
        LoginRefusal.DirectoryUnavailable =>
            Words.Get("login.no-domain-controller", said),
        _ => Words.Get("login.refused", said),
    };

    private static LoginRefusal InWords(string letters) =>
        Texts.FirstOrDefault(t => Array.TrueForAll(t.Parts, p => letters.Contains(p, StringComparison.Ordinal))).Refusal;

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetter)).ToLowerInvariant();
}
