using System.Net.Http.Headers;
using System.Text;

namespace Ksmg.Sdk;

/// <summary>What stands around a file in the body of a request.</summary>
/// <param name="Type">The type of the whole body.</param>
/// <param name="Head">What comes before the file.</param>
/// <param name="Tail">What comes after it.</param>
internal sealed record FileFrame(MediaTypeHeaderValue Type, byte[] Head, byte[] Tail)
{
    public const string DefaultType = "application/octet-stream";

    /// <summary>The body is the file itself.</summary>
    public static FileFrame Raw(string type) => new(MediaTypeHeaderValue.Parse(type), [], []);

    /// <summary>
    /// A form. Written out by hand: the framework quotes the boundary and adds <c>filename*</c>, which simple receivers do not read.
    /// </summary>
    /// <param name="fields">The fields in order; the one without a value is the file.</param>
    /// <param name="fileName">The name of the file.</param>
    /// <param name="type">The type of the file.</param>
    public static FileFrame Form(IEnumerable<(string Name, string? Value)> fields, string fileName, string type)
    {
        string boundary = $"ksmg-{Guid.NewGuid():N}";
        StringBuilder text = new();
        byte[] head = [];
        string between = string.Empty;
        foreach ((string name, string? value) in fields)
        {
            text.Append(between).Append("--").Append(boundary).Append("\r\nContent-Disposition: form-data; name=\"").Append(name).Append('"');
            between = "\r\n";
            if (value is not null)
            {
                text.Append("\r\n\r\n").Append(value);
                continue;
            }

            text.Append("; filename=\"").Append(AsciiName(fileName)).Append("\"\r\nContent-Type: ").Append(type).Append("\r\n\r\n");
            head = Encoding.UTF8.GetBytes(text.ToString());
            text.Clear();
        }

        byte[] tail = Encoding.UTF8.GetBytes(text.Append("\r\n--").Append(boundary).Append("--\r\n").ToString());
        MediaTypeHeaderValue form = new("multipart/form-data") { Parameters = { new NameValueHeaderValue("boundary", boundary) } };
        return new FileFrame(form, head, tail);
    }

    private static string AsciiName(string name) => string.Create(name.Length, name, static (span, text) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsAsciiLetterOrDigit(text[i]) || text[i] is '.' or '_' or '-' ? text[i] : '_';
        }
    });
}
