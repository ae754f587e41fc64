using System.Net;

namespace Ksmg.Sdk.Http;

/// <summary>What a node says when it refuses a login, in the words of the product: codes first, then texts. Unknown words stay what they are.</summary>
internal static class LoginWords
{
    private static readonly Dictionary<string, LoginRefusal> Codes = new(StringComparer.Ordinal)
    {
        ["authfailed"] = LoginRefusal.WrongCredentials,
        ["invalidcredentials"] = LoginRefusal.WrongCredentials,
        ["badcredentials"] = LoginRefusal.WrongCredentials,
        ["loginattemptsexceed"] = LoginRefusal.LockedOut,
        ["loginattemptsexceeded"] = LoginRefusal.LockedOut,
        ["toomanyattempts"] = LoginRefusal.LockedOut,
        ["locked"] = LoginRefusal.LockedOut,
        ["accountlocked"] = LoginRefusal.LockedOut,
        ["passwordexpired"] = LoginRefusal.PasswordExpired,
        ["passwordreset"] = LoginRefusal.PasswordReset,
        ["shouldchangepassword"] = LoginRefusal.PasswordReset,
        ["ntlmserversnotavailable"] = LoginRefusal.DirectoryUnavailable,
    };

    /// <summary>Parts that stand in a text together, without spaces and in small letters; the first that fits.</summary>
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
        if (code is not null && Codes.TryGetValue(Letters(code), out LoginRefusal known))
        {
            return known;
        }

        string letters = Letters(text);
        LoginRefusal refusal = Texts.FirstOrDefault(t => Array.TrueForAll(t.Parts, p => letters.Contains(p, StringComparison.Ordinal))).Refusal;
        return refusal == LoginRefusal.Unknown && status is HttpStatusCode.TooManyRequests or HttpStatusCode.Locked ? LoginRefusal.LockedOut : refusal;
    }

    /// <summary>A refusal as people are told, with what to do.</summary>
    public static string Describe(LoginRefusal refusal, string said) => refusal switch
    {
        LoginRefusal.WrongCredentials => $"refuses the login, since user name or password is wrong ({said}); correct Credentials",
        LoginRefusal.LockedOut =>
            $"refuses the login, since there were too many failed ones ({said}); find out who else logs in with this account, or have an administrator unlock it",
        LoginRefusal.PasswordExpired =>
            $"refuses the login, since the password is expired ({said}); change it in the web interface of the node, then correct Credentials",
        LoginRefusal.PasswordReset =>
            $"refuses the login, since the password was reset and must be changed first ({said}); log in once in the web interface of the node, set a new one, then correct Credentials",
        LoginRefusal.DirectoryUnavailable =>
            $"refuses the login, since it reaches no domain controller to check the account ({said}); make one reachable for the node, or take an account of its own",
        _ => $"refuses the login: {said}",
    };

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetter)).ToLowerInvariant();
}
