using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// What was said to log in, as a server may say it back: as it is, or in base64, hexadecimal or percent signs, whole or in part. Its words
/// are then left out altogether: to blot out a part would tell which part it was.
/// </summary>
internal sealed class SpokenSecret
{
    public static string LeftOut => Words.Get("mail.left-out");

    /// <summary>So many characters in a row are no coincidence.</summary>
    private const int LeastWord = 6;

    /// <summary>In base64 one character tells six bits only.</summary>
    private const int LeastBase64 = 8;

    private readonly List<(string Form, int Part)> _forms = [];

    /// <param name="payload">What is sent in base64.</param>
    /// <param name="password">The secret in it.</param>
    public SpokenSecret(string payload, string password)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(password);
        Add(Convert.ToBase64String(Encoding.UTF8.GetBytes(payload)).TrimEnd('='), LeastBase64);

        if (bytes.Length == 0)
        {
            return;
        }

        // One character per byte, as lines are read.
        Add(Encoding.Latin1.GetString(bytes), LeastWord);
        Add(Uri.EscapeDataString(password), LeastWord);
        Add(Convert.ToHexString(bytes), LeastBase64);
        for (int before = 0; before < 3; before++)
        {
            // Whatever stands before and after the password: the characters that it alone decides.
            string text = Convert.ToBase64String([.. new byte[before], .. bytes]);
            Add(text[((8 * before + 5) / 6)..(8 * (before + bytes.Length) / 6)], LeastBase64);
        }
    }

    /// <summary>Whether a text repeats a part of it.</summary>
    public bool IsIn(string text)
    {
        string plain = text.Replace('-', '+').Replace('_', '/');
        return _forms.Exists(form => Enumerable.Range(0, form.Form.Length - form.Part + 1).Any(at =>
            text.AsSpan().Contains(form.Form.AsSpan(at, form.Part), StringComparison.OrdinalIgnoreCase)
            || plain.AsSpan().Contains(form.Form.AsSpan(at, form.Part), StringComparison.OrdinalIgnoreCase)));
    }

    private void Add(string form, int part)
    {
        if (form.Length > 0)
        {
            _forms.Add((form, Math.Min(form.Length, part)));
        }
    }
}
