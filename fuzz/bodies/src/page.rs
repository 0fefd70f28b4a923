use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use crossorigin::profiles::Profile;
use crossorigin_agent::{Agent, Body, Transport};
use crossorigin_page::{PageOptions, open};
use crossorigin_verdict::TransportFailure;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};

use crate::tape::Tape;

/// What the other host does not share: words, and the pixels of an image, which is four wide.
const SECRET: &str = "not for you";
const SECRET_PIXELS: &str = "255,0,0,255,255,0,0,255,0,0,255,255,0,0,255,255";
const SECRET_IMAGE: &[u8] = include_bytes!("../../../crates/crossorigin-page/tests/support/red-blue.png");
/// One black pixel.
const OWN_IMAGE: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

const PIECES: [&str; 42] = [
    "<script>",
    "</script>",
    "<p>",
    "<div id=a>",
    "<table><td>",
    "<template>",
    "</div></p>",
    "<!--",
    "-->",
    "<svg><title>",
    "<canvas>",
    "<img src=/image>",
    "<img src=//other.example/image crossorigin>",
    "<script src=//other.example/text></script>",
    "<script src=/script></script>",
    "<script type=module src=//other.example/text></script>",
    "<link rel=stylesheet href=//other.example/text>",
    "<style>@font-face{src:url(//other.example/image)}",
    "fetch('//other.example/text').then(r=>r.text()).then(show,show);",
    "fetch('//other.example/text',{mode:'no-cors'}).then(async r=>show(await r.text(),r.url,...r.headers)).catch(show);",
    "fetch('/text').then(r=>r.clone().blob()).then(show);",
    "x=new XMLHttpRequest();x.open('GET','//other.example/text',false);try{x.send()}catch(e){show(e)}show(x.responseText);",
    "x=new XMLHttpRequest();x.open('PUT','//other.example/text');x.onloadend=()=>show(x.response);x.send('a');",
    "import('//other.example/text').then(show,show);",
    "i=new Image();i.onload=i.onerror=e=>show(e.type);i.src='//other.example/image';",
    "c=document.createElement('canvas').getContext('2d');",
    "addEventListener('load',()=>{try{c.drawImage(i,0,0);show(...c.getImageData(0,0,4,2).data)}catch(e){show(e)}});",
    "createImageBitmap(i).then(b=>{c.drawImage(b,0,0);show(...c.getImageData(0,0,4,2).data)}).catch(show);",
    "show(c.canvas.toDataURL());",
    "c.shadowColor='red';c.shadowBlur=9;c.shadowOffsetX=-3;c.fillRect(1.5,1,9,9);c.drawImage(i,0,0,3,300);",
    "c.globalCompositeOperation='hue';c.fillStyle=c.createPattern(i,'repeat-x');c.arc(5,5,4,0,5);c.fill();c.clip();",
    "document.body.innerHTML+='<b>x<img src=/image>';",
    "document.body.append(document.createElement('canvas'),...document.querySelectorAll('p>*, #a'));",
    "setTimeout(()=>show(document.body.innerHTML));",
    "Object.defineProperty(Object.prototype,'then',{get(){return undefined},set(v){show(v)},configurable:true});",
    "Array.prototype.push=function(...a){show(...a);return 0};",
    "Map.prototype.get=Map.prototype.set=function(a,b){show(b)};",
    "Function.prototype.call=Function.prototype.apply=null;",
    "JSON.parse=JSON.stringify=String.fromCharCode=s=>{show(s);return s};",
    "for(;;){",
    "}",
    "(()=>{",
];

/// Whatever a page, its scripts and its images are: it comes to its end, and is told of what is not shared with it
/// neither the words nor the pixels.
pub fn page(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let (mut html, mut script, mut image) = (String::new(), String::new(), OWN_IMAGE.to_vec());
    for _ in 0..tape.below(4) {
        let at = tape.below(image.len());
        image[at] = tape.byte();
    }
    while !tape.is_over() && html.len() < 1 << 14 {
        match tape.below(8) {
            0 => html.extend([char::from(tape.byte())]),
            1 => script.push_str(tape.one_of(&PIECES)),
            _ => html.push_str(tape.one_of(&PIECES)),
        }
    }
    for text in [html, String::from_utf8_lossy(bytes).into_owned()] {
        let lines = run(&text, &script, &image, OTHER);
        let told = lines.iter().find(|line| line.contains(SECRET) || line.contains(SECRET_PIXELS));
        assert_eq!(told, None, "a page has read what is not shared with it: {text:?}, {script:?}");
    }
}

const OTHER: &str = "other.example";

/// Runs a page whose host is not `secrets_at`; what its console says.
fn run(html: &str, script: &str, image: &[u8], secrets_at: &'static str) -> Vec<String> {
    let site = Site(Arc::new(Files {
        page: format!("<script>show=(...all)=>{{let s='';for(const one of all)s+=String(one)+',';console.log(s)}}</script>{html}").into(),
        script: script.to_owned().into(),
        image: image.to_owned().into(),
        secrets_at,
    }));
    let lines = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&lines);
    let options = PageOptions::new().profile(Profile::Chromium).timeout(Duration::from_millis(500));
    let url = "https://own.example/".parse().unwrap_or_else(|error| unreachable!("{error}"));
    let ended =
        open(&Agent::with_transport(site), &url, &options, move |line| kept.borrow_mut().push(line.text));
    assert!(ended.is_ok(), "{ended:?}");
    drop(ended);
    lines.take()
}

/// Two hosts: that of the page, and another that shares nothing.
#[derive(Clone)]
struct Site(Arc<Files>);

struct Files {
    page: Bytes,
    script: Bytes,
    image: Bytes,
    secrets_at: &'static str,
}

impl Transport for Site {
    fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Body>, TransportFailure>> + Send {
        let files = &self.0;
        let is_secret = request.uri().host() == Some(files.secrets_at);
        let body = match request.uri().path() {
            "/text" if is_secret => Bytes::from(SECRET),
            "/image" if is_secret => Bytes::from(SECRET_IMAGE),
            "/script" | "/text" => files.script.clone(),
            "/image" => files.image.clone(),
            _ => files.page.clone(),
        };
        let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
        std::future::ready(Ok(Response::new(body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same pages where nothing is secret: what the body looks for would be found.
    #[test]
    fn what_is_the_pages_own_is_told() {
        let draw = "<script>i=new Image();i.src='/image';i.onload=()=>{c=document.createElement('canvas').getContext('2d');
            c.drawImage(i,0,0);show(...c.getImageData(0,0,4,2).data)};fetch('/text').then(r=>r.text()).then(show)</script>";
        let told = run(draw, "", &[], "own.example");
        assert!(told.iter().any(|line| line.starts_with(SECRET)), "{told:?}");
        assert!(told.iter().any(|line| line.contains(SECRET_PIXELS)), "{told:?}");
    }
}
